// IDX files, MNIST's format: two zero bytes, the type (8: bytes), the number of dimensions, their lengths, the data.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "module.h"

enum { MOST_BYTES = 1 << 30 };

// Reads a whole IDX file of bytes, plain or gzip, which zlib tells apart. NULL if it is none.
static uint8_t *read_idx(const char *folder, const char *name, uint32_t dimensions, uint32_t *shape) {
  char path[4096];
  gzFile file = NULL;
  for (int packed = 0; packed < 2 && file == NULL; packed++) {
    snprintf(path, sizeof path, "%s/%s%s", folder, name, packed ? ".gz" : "");
    file = gzopen(path, "rb");
  }
  if (file == NULL) return fail("%s: expected %s or %s.gz in this folder, got neither", folder, name, name), NULL;
  uint8_t header[4 + 4 * 4];
  unsigned length = 4 + 4 * dimensions;
  uint8_t *data = NULL;
  size_t size = 1;
  if (gzread(file, header, length) != (int)length || memcmp(header, "\0\0\10", 3) != 0 || header[3] != dimensions) {
    fail("%s: expected an IDX file of bytes with %u dimensions, got another", path, dimensions);
  } else {
    for (uint32_t i = 0; i < dimensions; i++) {
      const uint8_t *word = header + 4 + 4 * i;
      shape[i] = (uint32_t)word[0] << 24 | (uint32_t)word[1] << 16 | (uint32_t)word[2] << 8 | word[3];
      size = shape[i] == 0 || size <= MOST_BYTES / shape[i] ? size * shape[i] : (size_t)MOST_BYTES + 1;
    }
    if (size > MOST_BYTES) {
      fail("%s: expected at most 1 GiB of data, got more", path);
    } else if ((data = malloc(size + 1)) == NULL) {
      fail("%s: expected memory for %zu bytes, got none", path, size);
    } else if (gzread(file, data, (unsigned)size + 1) != (int)size) {
      fail("%s: expected %zu bytes of data, got another number, or a damaged file", path, size);
      free(data);
      data = NULL;
    }
  }
  // Of a packed file whose data is whole, the checksum behind it may be missing: only closing tells.
  if (gzclose(file) != Z_OK && data != NULL) {
    fail("%s: expected a whole gzip file, got a truncated one", path);
    free(data);
    return NULL;
  }
  return data;
}

bool ductus_read_mnist(ductus_dataset *data, const char *folder, const char *kind) {
  char name[64];
  uint32_t images[4], labels[4];
  *data = (ductus_dataset){0};
  snprintf(name, sizeof name, "%.20s-images-idx3-ubyte", kind);
  data->images = read_idx(folder, name, 3, images);
  if (data->images == NULL) return false;
  snprintf(name, sizeof name, "%.20s-labels-idx1-ubyte", kind);
  uint8_t *bytes = read_idx(folder, name, 1, labels);
  data->labels = bytes == NULL ? NULL : malloc(2 * (size_t)labels[0] + 1);
  if (data->labels == NULL) return free(bytes), ductus_free_dataset(data), false;
  for (uint32_t i = 0; i < labels[0]; i++) data->labels[i] = bytes[i];
  free(bytes);
  data->count = images[0];
  data->inputs = (size_t)images[1] * images[2];
  if (labels[0] == images[0]) return true;
  ductus_free_dataset(data);
  return fail("%s: expected a label for each of %u images, got %u", folder, images[0], labels[0]);
}

void ductus_free_dataset(ductus_dataset *data) {
  free(data->images);
  free(data->labels);
  *data = (ductus_dataset){0};
}
