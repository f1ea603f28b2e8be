#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <openssl/evp.h>

#include "module.h"

enum {
  BLOCK = 64, // images of which the module keeps the activations
  MOST_LAYERS = 64,
  MOST_HEADER = 1 << 23
};

static const char *const ACTIVATIONS[] = {"sigmoid", "tanh", "relu", NULL};
static const char *const COSTS[] = {"quadratic", "cross-entropy", "log-likelihood", NULL};
static const char *const INITS[] = {"normal", "scaled", "he", NULL};
// How Ductus writes the method of training.
static const char PLAIN_DESCENT[] = "{\"optimizer\":\"sgd\",\"momentum\":0,\"beta\":0,\"epsilon\":0,\"weightDecay\":0,"
                                    "\"average\":0,\"labelSmoothing\":0,\"dropout\":0,\"keepBest\":false}";

const ductus_options ductus_defaults = {1, "sigmoid", "quadratic", "scaled"};

struct ductus_network {
  module *wasm;
  uint32_t network;
  uint32_t sizes[MOST_LAYERS];
  size_t layers;
  ductus_options options; // its texts are those of the tables above
  uint32_t epochs;
};

// The place of a choice in a table, and its text there; -1 for none.
static int choose(const char *name, const char **value, const char *const *table) {
  for (int i = 0; table[i] != NULL; i++) {
    if (*value == NULL || strcmp(*value, table[i]) != 0) continue;
    *value = table[i];
    return i;
  }
  fail("%s: expected %s, %s or %s, got %.40s", name, table[0], table[1], table[2], *value == NULL ? "none" : *value);
  return -1;
}

static bool make(ductus_network *n, uint32_t activation, uint32_t cost, uint32_t init) {
  module *m = n->wasm = module_new();
  uint32_t list = m == NULL ? 0 : module_grow(m, "allocate", "i", (uint32_t)(4 * n->layers));
  uint8_t *bytes = list == 0 ? NULL : module_bytes(m, list, 4 * n->layers);
  if (bytes == NULL) return false;
  for (size_t l = 0; l < n->layers; l++) {
    for (int i = 0; i < 4; i++) bytes[4 * l + i] = (uint8_t)(n->sizes[l] >> 8 * i);
  }
  n->network = module_grow(m, "createNetwork", "iiii", list, (uint32_t)n->layers, activation, cost);
  return n->network != 0 && module_call(m, "release", "i", list) &&
         module_grow(m, "reserveBatch", "iii", n->network, BLOCK, 1) != 0 &&
         module_call(m, "initialise", "iii", n->network, n->options.seed, init);
}

ductus_network *ductus_new(const uint32_t *sizes, size_t count, ductus_options options) {
  if (count < 2 || count > MOST_LAYERS) {
    return fail("sizes: expected 2 to %d layers, got %zu", MOST_LAYERS, count), NULL;
  }
  for (size_t l = 0; l < count; l++) {
    if (sizes[l] >= 1 && sizes[l] <= (l == 0 ? 1u << 22 : 1u << 16)) continue;
    return fail("sizes: expected 1 to 65536 neurons (4194304 pixels), got %u in layer %zu", sizes[l], l), NULL;
  }
  int activation = choose("activation", &options.activation, ACTIVATIONS);
  int cost = activation < 0 ? -1 : choose("cost", &options.cost, COSTS);
  int init = cost < 0 ? -1 : choose("init", &options.init, INITS);
  if (init < 0) return NULL;
  ductus_network *n = calloc(1, sizeof *n);
  if (n == NULL) return fail("expected memory for a network, got none"), NULL;
  memcpy(n->sizes, sizes, count * sizeof *sizes);
  n->layers = count;
  n->options = options;
  if (make(n, (uint32_t)activation, (uint32_t)cost, (uint32_t)init)) return n;
  ductus_free(n);
  return NULL;
}

void ductus_free(ductus_network *n) {
  if (n == NULL) return;
  module_free(n->wasm);
  free(n);
}

uint32_t ductus_epochs(const ductus_network *n) { return n->epochs; }

uint32_t ductus_classes(const ductus_network *n) { return n->sizes[n->layers - 1]; }

static bool check(const ductus_network *n, const ductus_dataset *data) {
  if (data->count == 0) return fail("data: expected at least one image, got none");
  if (data->count > UINT32_MAX) return fail("data: expected at most 4294967295 images, got %zu", data->count);
  if (data->inputs != n->sizes[0]) {
    return fail("data: expected images of %u pixels, got %zu", n->sizes[0], data->inputs);
  }
  for (size_t i = 0; i < data->count; i++) {
    if (data->labels[i] < ductus_classes(n)) continue;
    return fail("labels: expected 0 to %u, got %u for image %zu", ductus_classes(n) - 1, data->labels[i], i);
  }
  return true;
}

static bool train_epochs(ductus_network *n, uint32_t set, uint32_t count, uint32_t epochs, uint32_t m, float eta,
                         void (*report)(ductus_epoch, void *), void *context) {
  module *wasm = n->wasm;
  uint32_t batches = count / m + (count % m != 0);
  for (uint32_t i = 0; i < epochs; i++) {
    ductus_epoch epoch = {n->epochs + 1, 0, 0};
    if (!module_call(wasm, "shuffle", "iii", set, n->options.seed, epoch.number) ||
        !module_call(wasm, "trainBatches", "iiiifi", n->network, set, 0, batches, (double)eta, m) ||
        !module_call(wasm, "allFinite", "i", n->network)) {
      return false;
    }
    if (module_result(wasm) == 0) {
      return fail("epoch %u: weights are no longer finite numbers: lower eta (%g)", epoch.number, (double)eta);
    }
    n->epochs = epoch.number;
    if (!module_call(wasm, "sumCosts", "iii", set, 0, count)) return false;
    epoch.cost = module_number(wasm) / count;
    if (!module_call(wasm, "countCorrect", "i", set)) return false;
    epoch.correct = module_result(wasm);
    if (report != NULL) report(epoch, context);
  }
  return true;
}

bool ductus_train(ductus_network *n, const ductus_dataset *data, uint32_t epochs, uint32_t m, float eta,
                  void (*report)(ductus_epoch, void *), void *context) {
  if (!check(n, data)) return false;
  if (epochs < 1 || epochs > 1000000) return fail("epochs: expected 1 to 1000000, got %u", epochs);
  if (epochs > UINT32_MAX - n->epochs) return fail("epochs: expected at most 4294967295 in all, got more");
  if (m < 1 || m > 1000000) return fail("batch size: expected 1 to 1000000, got %u", m);
  if (!(eta > 0) || !isfinite(eta)) return fail("eta: expected a finite number above 0, got %g", (double)eta);
  uint32_t count = (uint32_t)data->count, room = m < count ? m : count;
  if (module_grow(n->wasm, "reserveBatch", "iii", n->network, room < BLOCK ? BLOCK : room, 1) == 0) return false;
  uint32_t set = module_add_dataset(n->wasm, data->images, data->labels, data->count, data->inputs);
  if (set == 0) return false;
  bool done = train_epochs(n, set, count, epochs, m, eta, report, context);
  return module_call(n->wasm, "releaseDataset", "i", set) && done;
}

bool ductus_evaluate(ductus_network *n, const ductus_dataset *data, uint32_t *correct) {
  if (!check(n, data)) return false;
  uint32_t set = module_add_dataset(n->wasm, data->images, data->labels, data->count, data->inputs);
  if (set == 0 || !module_call(n->wasm, "evaluate", "ii", n->network, set)) return false;
  *correct = module_result(n->wasm);
  return module_call(n->wasm, "releaseDataset", "i", set);
}

bool ductus_activations(ductus_network *n, const uint8_t *images, size_t count, float *activations) {
  static const uint16_t none[BLOCK];
  uint32_t inputs = n->sizes[0], outputs = ductus_classes(n);
  for (size_t first = 0; first < count; first += BLOCK) {
    size_t part = count - first < BLOCK ? count - first : BLOCK;
    uint32_t set = module_add_dataset(n->wasm, images + first * inputs, none, part, inputs);
    if (set == 0 || !module_call(n->wasm, "evaluate", "ii", n->network, set)) return false;
    for (size_t s = 0; s < part; s++) {
      if (!module_call(n->wasm, "activations", "iii", n->network, (uint32_t)n->layers - 1, (uint32_t)s)) return false;
      const uint8_t *a = module_bytes(n->wasm, module_result(n->wasm), 4 * (size_t)outputs);
      if (a == NULL) return false;
      memcpy(activations + (first + s) * outputs, a, 4 * (size_t)outputs);
    }
    if (!module_call(n->wasm, "releaseDataset", "i", set)) return false;
  }
  return true;
}

static size_t weights_of(const ductus_network *n, size_t l) { return 4 * (size_t)n->sizes[l - 1] * n->sizes[l]; }

static size_t size_of(const ductus_network *n, size_t l) { return weights_of(n, l) + 4 * (size_t)n->sizes[l]; }

// Copies a layer, weights and then biases, out of the module ("readLayer") or into it ("writeLayer").
static bool copy_layer(ductus_network *n, size_t l, const char *how, uint8_t *bytes) {
  bool writes = strcmp(how, "writeLayer") == 0;
  uint32_t block = module_grow(n->wasm, "allocate", "i", (uint32_t)size_of(n, l));
  uint8_t *room = block == 0 ? NULL : module_bytes(n->wasm, block, size_of(n, l));
  if (room == NULL) return false;
  if (writes) memcpy(room, bytes, size_of(n, l));
  uint32_t biases = block + (uint32_t)weights_of(n, l);
  if (!module_call(n->wasm, how, "iiiii", n->network, (uint32_t)l, 0, block, biases)) return false;
  if (!writes) memcpy(bytes, module_bytes(n->wasm, block, size_of(n, l)), size_of(n, l));
  return module_call(n->wasm, "release", "i", block);
}

// All layers, one after the other, to be freed; NULL if that fails.
static uint8_t *parameters(ductus_network *n, size_t *size) {
  *size = 0;
  for (size_t l = 1; l < n->layers; l++) *size += size_of(n, l);
  uint8_t *bytes = malloc(*size);
  if (bytes == NULL) return fail("expected memory for %zu bytes, got none", *size), NULL;
  size_t at = 0;
  for (size_t l = 1; l < n->layers; at += size_of(n, l), l++) {
    if (!copy_layer(n, l, "readLayer", bytes + at)) return free(bytes), NULL;
  }
  return bytes;
}

bool ductus_hash(ductus_network *n, char hash[65]) {
  size_t size;
  uint8_t *bytes = parameters(n, &size);
  if (bytes == NULL) return false;
  unsigned char digest[32];
  bool done = EVP_Digest(bytes, size, digest, NULL, EVP_sha256(), NULL) == 1;
  for (int i = 0; i < 32; i++) snprintf(hash + 2 * i, 3, "%02x", digest[i]);
  free(bytes);
  return done || fail("SHA-256: expected a digest of OpenSSL, got none");
}

// The header of a file, space at its end, to be freed.
static char *header_of(const ductus_network *n) {
  char text[32 * MOST_LAYERS] = "", name[32];
  for (size_t l = 0; l < n->layers; l++) {
    snprintf(text + strlen(text), sizeof text - strlen(text), "%s%u", l == 0 ? "[" : ",", n->sizes[l]);
  }
  strcat(text, "]");
  cJSON *header = cJSON_CreateObject(), *own = cJSON_AddObjectToObject(header, "__metadata__");
  cJSON_AddStringToObject(own, "format", "ductus");
  cJSON_AddStringToObject(own, "version", "1");
  cJSON_AddStringToObject(own, "layers", text);
  cJSON_AddStringToObject(own, "activation", n->options.activation);
  cJSON_AddStringToObject(own, "cost", n->options.cost);
  cJSON_AddStringToObject(own, "initial_weights", n->options.init);
  cJSON_AddStringToObject(own, "method", PLAIN_DESCENT);
  snprintf(text, sizeof text, "%u", n->options.seed);
  cJSON_AddStringToObject(own, "seed", text);
  snprintf(text, sizeof text, "%u", n->epochs);
  cJSON_AddStringToObject(own, "epochs", text);
  double at = 0;
  for (size_t l = 1; l < n->layers; l++) {
    for (int bias = 0; bias < 2; bias++) {
      snprintf(name, sizeof name, "%zu.%s", 2 * (l - 1), bias ? "bias" : "weight");
      cJSON *entry = cJSON_AddObjectToObject(header, name);
      cJSON_AddStringToObject(entry, "dtype", "F32");
      cJSON *shape = cJSON_AddArrayToObject(entry, "shape"), *offsets = cJSON_AddArrayToObject(entry, "data_offsets");
      cJSON_AddItemToArray(shape, cJSON_CreateNumber(n->sizes[l]));
      if (!bias) cJSON_AddItemToArray(shape, cJSON_CreateNumber(n->sizes[l - 1]));
      cJSON_AddItemToArray(offsets, cJSON_CreateNumber(at));
      at += bias ? 4.0 * n->sizes[l] : (double)weights_of(n, l);
      cJSON_AddItemToArray(offsets, cJSON_CreateNumber(at));
    }
  }
  char *json = cJSON_PrintUnformatted(header);
  cJSON_Delete(header);
  return json;
}

bool ductus_save(ductus_network *n, const char *path) {
  size_t size;
  uint8_t *bytes = parameters(n, &size);
  char *json = bytes == NULL ? NULL : header_of(n), partial[4096];
  if (json == NULL) return free(bytes), false;
  size_t length = strlen(json), padded = (length + 7) / 8 * 8;
  uint8_t prefix[8];
  for (int i = 0; i < 8; i++) prefix[i] = (uint8_t)((uint64_t)padded >> 8 * i);
  snprintf(partial, sizeof partial, "%s.part", path);
  FILE *file = fopen(partial, "wb");
  bool done = file != NULL && fwrite(prefix, 8, 1, file) == 1 && fwrite(json, length, 1, file) == 1 &&
              fwrite("       ", 1, padded - length, file) == padded - length && fwrite(bytes, size, 1, file) == 1;
  if (file != NULL && fclose(file) != 0) done = false;
  done = done && rename(partial, path) == 0;
  if (!done && file != NULL) remove(partial);
  free(json);
  free(bytes);
  return done || fail("%s: expected to write a model, got an error of the system", path);
}

// A text of the metadata; "" if there is none.
static const char *text_of(const cJSON *own, const char *key) {
  const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(own, key));
  return text == NULL ? "" : text;
}

static bool number_of(const cJSON *own, const char *key, uint32_t *number) {
  const char *text = text_of(own, key);
  char *end;
  unsigned long long value = strtoull(text, &end, 10);
  *number = (uint32_t)value;
  if (*text >= '0' && *text <= '9' && *end == '\0' && value <= UINT32_MAX) return true;
  return fail("metadata %s: expected a whole number, got %.40s", key, text);
}

static bool is_number(const cJSON *item, double value) { return cJSON_IsNumber(item) && item->valuedouble == value; }

// The bytes of a tensor, wherever they lie: writers order tensors as they like. NULL if there are none of this shape.
static const uint8_t *tensor_of(const cJSON *header, const char *name, uint32_t rows, uint32_t columns,
                                const uint8_t *data, size_t size) {
  const cJSON *entry = cJSON_GetObjectItemCaseSensitive(header, name);
  const cJSON *shape = cJSON_GetObjectItemCaseSensitive(entry, "shape");
  const cJSON *offsets = cJSON_GetObjectItemCaseSensitive(entry, "data_offsets");
  const cJSON *first = cJSON_GetArrayItem(offsets, 0), *last = cJSON_GetArrayItem(offsets, 1);
  double bytes = 4.0 * rows * (columns == 0 ? 1 : columns);
  bool is_shaped = strcmp(text_of(entry, "dtype"), "F32") == 0 && is_number(cJSON_GetArrayItem(shape, 0), rows) &&
                   cJSON_GetArraySize(shape) == (columns == 0 ? 1 : 2) &&
                   (columns == 0 || is_number(cJSON_GetArrayItem(shape, 1), columns));
  bool is_within = cJSON_GetArraySize(offsets) == 2 && cJSON_IsNumber(first) && first->valuedouble >= 0 &&
                   first->valuedouble <= (double)size && first->valuedouble == floor(first->valuedouble) &&
                   is_number(last, first->valuedouble + bytes) && last->valuedouble <= (double)size;
  if (!is_shaped || !is_within) return fail("tensor %s: expected F32 [%u, %u], got another", name, rows, columns), NULL;
  const uint8_t *start = data + (size_t)first->valuedouble;
  for (size_t i = 0; i < (size_t)bytes; i += 4) {
    // An exponent of ones: infinite, or not a number.
    if ((start[i + 3] & 0x7f) == 0x7f && start[i + 2] >= 0x80) {
      return fail("tensor %s: expected finite numbers, got others", name), NULL;
    }
  }
  return start;
}

static ductus_network *network_of(const cJSON *header, const uint8_t *data, size_t size) {
  const cJSON *own = cJSON_GetObjectItemCaseSensitive(header, "__metadata__");
  if (strcmp(text_of(own, "format"), "ductus") != 0 || strcmp(text_of(own, "version"), "1") != 0) {
    return fail("expected the metadata of a Ductus model (format: ductus), got others"), NULL;
  }
  ductus_options options = {0, text_of(own, "activation"), text_of(own, "cost"), text_of(own, "initial_weights")};
  uint32_t sizes[MOST_LAYERS], epochs;
  size_t count = 0;
  const char *text = text_of(own, "layers");
  for (char *end; count < MOST_LAYERS && (*text == '[' || *text == ','); text = end) {
    sizes[count++] = (uint32_t)strtoul(text + 1, &end, 10);
  }
  if (strcmp(text, "]") != 0) return fail("metadata layers: expected a list of sizes, got another text"), NULL;
  if (!number_of(own, "seed", &options.seed) || !number_of(own, "epochs", &epochs)) return NULL;
  // All tensors are checked before memory is taken for a network.
  const uint8_t *parts[2 * MOST_LAYERS];
  for (size_t l = 1; l < count; l++) {
    char name[32];
    snprintf(name, sizeof name, "%zu.weight", 2 * (l - 1));
    parts[2 * l - 2] = tensor_of(header, name, sizes[l], sizes[l - 1], data, size);
    snprintf(name, sizeof name, "%zu.bias", 2 * (l - 1));
    parts[2 * l - 1] = parts[2 * l - 2] == NULL ? NULL : tensor_of(header, name, sizes[l], 0, data, size);
    if (parts[2 * l - 1] == NULL) return NULL;
  }
  ductus_network *n = ductus_new(sizes, count, options);
  if (n == NULL) return NULL;
  n->epochs = epochs;
  for (size_t l = 1; l < count; l++) {
    uint8_t *layer = malloc(size_of(n, l));
    if (layer == NULL) return fail("expected memory for a layer, got none"), ductus_free(n), NULL;
    memcpy(layer, parts[2 * l - 2], weights_of(n, l));
    memcpy(layer + weights_of(n, l), parts[2 * l - 1], 4 * (size_t)sizes[l]);
    for (size_t i = 0; i < size_of(n, l); i += 4) {
      // -0 becomes 0, as in Ductus.
      if (memcmp(layer + i, "\0\0\0\x80", 4) == 0) layer[i + 3] = 0;
    }
    bool done = copy_layer(n, l, "writeLayer", layer);
    free(layer);
    if (!done) return ductus_free(n), NULL;
  }
  return n;
}

ductus_network *ductus_load(const char *path) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) return fail("%s: expected a model, got no file that can be read", path), NULL;
  uint8_t prefix[8];
  uint64_t length = 0;
  ductus_network *n = NULL;
  long size = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
  uint8_t *bytes = NULL;
  if (size >= 8 && fseek(file, 0, SEEK_SET) == 0 && fread(prefix, 8, 1, file) == 1) {
    for (int i = 0; i < 8; i++) length |= (uint64_t)prefix[i] << 8 * i;
    if (length <= (uint64_t)size - 8 && length <= MOST_HEADER) bytes = malloc((size_t)size - 7);
  }
  fail("%s: expected a safetensors file, got one that is truncated or none", path);
  if (bytes != NULL && fread(bytes, 1, (size_t)size - 8, file) == (size_t)size - 8) {
    cJSON *header = cJSON_ParseWithLength((const char *)bytes, (size_t)length);
    if (header != NULL) n = network_of(header, bytes + length, (size_t)size - 8 - (size_t)length);
    cJSON_Delete(header);
  }
  free(bytes);
  fclose(file);
  return n;
}
