// The network: the bits of the command line, files both ways, and bad input in one sentence.

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "../ductus.h"

#define CHECK(condition) \
  do { \
    if (!(condition)) { \
      fprintf(stderr, "%s:%d: expected %s, got another; last error: %s\n", __FILE__, __LINE__, #condition, \
              ductus_error()); \
      exit(1); \
    } \
  } while (0)

enum { COUNT = 200, INPUTS = 20 };
static const uint32_t SIZES[] = {INPUTS, 7, 3};
static const char MNIST_HASH[] = "d6f971d14ee0f7e9d141bfc38304b7a0e777a4101d7c881d769f621c209d7a54";
static uint8_t images[COUNT * INPUTS];
static uint16_t labels[COUNT];
static const ductus_dataset MADE = {images, labels, COUNT, INPUTS};

static void make_images(void) {
  uint32_t state = 1;
  for (int i = 0; i < COUNT * INPUTS; i++) {
    state = state * 1664525 + 1013904223;
    images[i] = (uint8_t)(state >> 24);
  }
  for (int i = 0; i < COUNT; i++) {
    int sum = 0;
    for (int k = 0; k < INPUTS; k++) sum += images[INPUTS * i + k];
    labels[i] = (uint16_t)(sum / 500 % 3);
  }
}

static ductus_network *small(ductus_options options) {
  ductus_network *network = ductus_new(SIZES, 3, options);
  CHECK(network != NULL);
  CHECK(ductus_train(network, &MADE, 3, 10, 0.5f, NULL, NULL));
  return network;
}

static void hash_of(ductus_options options, char hash[65]) {
  ductus_network *network = small(options);
  CHECK(ductus_hash(network, hash));
  ductus_free(network);
}

static bool says(const char *sentence) { return strstr(ductus_error(), sentence) != NULL; }

static void test_mnist(void) {
  const char *folder = getenv("DUCTUS_DATA");
  if (folder == NULL) {
    puts("skipped: MNIST, whose folder is to be in DUCTUS_DATA");
    return;
  }
  ductus_dataset data;
  CHECK(ductus_read_mnist(&data, folder, "train"));
  data.count = 50000;
  ductus_network *network = ductus_new((uint32_t[]){784, 30, 10}, 3, ductus_defaults);
  char hash[65];
  CHECK(network != NULL && ductus_train(network, &data, 2, 10, 2.5f, NULL, NULL) && ductus_hash(network, hash));
  CHECK(strcmp(hash, MNIST_HASH) == 0);
  ductus_free_dataset(&data);
  uint32_t correct;
  CHECK(ductus_read_mnist(&data, folder, "t10k") && ductus_evaluate(network, &data, &correct) && correct == 9466);
  ductus_free_dataset(&data);
  ductus_free(network);
}

static void test_bits(void) {
  char first[65], other[65];
  hash_of(ductus_defaults, first);
  hash_of(ductus_defaults, other);
  CHECK(strcmp(first, other) == 0);
  ductus_options options[] = {{2, "sigmoid", "quadratic", "scaled"}, {1, "tanh", "quadratic", "scaled"},
                              {1, "sigmoid", "cross-entropy", "scaled"}, {1, "sigmoid", "quadratic", "he"}};
  for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
    hash_of(options[i], other);
    CHECK(strcmp(first, other) != 0);
  }
  ductus_network *network = ductus_new(SIZES, 3, ductus_defaults);
  CHECK(ductus_train(network, &MADE, 1, 10, 0.5f, NULL, NULL) && ductus_train(network, &MADE, 2, 10, 0.5f, NULL, NULL));
  CHECK(ductus_hash(network, other) && strcmp(first, other) == 0 && ductus_epochs(network) == 3);
  ductus_free(network);
}

static void test_activations(void) {
  ductus_network *network = small((ductus_options){1, "sigmoid", "log-likelihood", "scaled"});
  float all[COUNT][3];
  uint32_t correct, expected = 0;
  CHECK(ductus_activations(network, images, COUNT, &all[0][0]) && ductus_evaluate(network, &MADE, &correct));
  for (int i = 0; i < COUNT; i++) {
    CHECK(fabsf(all[i][0] + all[i][1] + all[i][2] - 1) < 1e-5f);
    int largest = all[i][1] > all[i][0] ? 1 : 0;
    if (all[i][2] > all[i][largest]) largest = 2;
    expected += largest == labels[i];
  }
  CHECK(correct == expected && ductus_classes(network) == 3);
  ductus_free(network);
}

static void test_refusals(void) {
  CHECK(ductus_new(SIZES, 1, ductus_defaults) == NULL && says("sizes: expected 2 to 64 layers, got 1"));
  CHECK(ductus_new((uint32_t[]){20, 0}, 2, ductus_defaults) == NULL && says("got 0 in layer 1"));
  CHECK(ductus_new((uint32_t[]){(1u << 22) + 1, 3}, 2, ductus_defaults) == NULL && says("got 4194305 in layer 0"));
  CHECK(ductus_new((uint32_t[]){1u << 22, 1u << 16, 3}, 3, ductus_defaults) == NULL && says("4 GiB of memory"));
  CHECK(ductus_new(SIZES, 3, (ductus_options){1, "x", "quadratic", "he"}) == NULL && says("activation: expected"));
  CHECK(ductus_new(SIZES, 3, (ductus_options){1, "relu", NULL, "he"}) == NULL && says("cost: expected quadratic"));
  CHECK(ductus_new(SIZES, 3, (ductus_options){1, "relu", "quadratic", ""}) == NULL && says("init: expected normal"));
  ductus_network *network = small(ductus_defaults);
  char before[65], after[65];
  CHECK(ductus_hash(network, before));
  ductus_dataset none = {images, labels, 0, INPUTS}, narrow = {images, labels, COUNT, 10};
  CHECK(!ductus_train(network, &none, 1, 10, 0.5f, NULL, NULL) && says("expected at least one image, got none"));
  CHECK(!ductus_train(network, &narrow, 1, 10, 0.5f, NULL, NULL) && says("expected images of 20 pixels, got 10"));
  CHECK(!ductus_train(network, &MADE, 0, 10, 0.5f, NULL, NULL) && says("epochs: expected 1 to 1000000, got 0"));
  CHECK(!ductus_train(network, &MADE, 1, 0, 0.5f, NULL, NULL) && says("batch size: expected 1 to 1000000, got 0"));
  CHECK(!ductus_train(network, &MADE, 1, 10, NAN, NULL, NULL) && says("eta: expected a finite number above 0"));
  labels[7] += 3;
  CHECK(!ductus_train(network, &MADE, 1, 10, 0.5f, NULL, NULL) && says("labels: expected 0 to 2, got "));
  labels[7] -= 3;
  CHECK(ductus_hash(network, after) && strcmp(before, after) == 0);
  ductus_free(network);
  network = ductus_new(SIZES, 3, (ductus_options){1, "relu", "cross-entropy", "scaled"});
  CHECK(!ductus_train(network, &MADE, 3, 10, 3e38f, NULL, NULL) && says("epoch 1: weights are no longer finite"));
  ductus_free(network);
}

static void write_file(const char *path, const void *bytes, size_t count) {
  FILE *file = fopen(path, "wb");
  CHECK(file != NULL && fwrite(bytes, 1, count, file) == count && fclose(file) == 0);
}

// Writes a model with a text of its header replaced, as long as before, and expects that it is refused.
static void expect_damage(const char *path, const uint8_t *whole, size_t size, const char *from, const char *to) {
  uint8_t *copy = malloc(size);
  memcpy(copy, whole, size);
  size_t length = strlen(from), at = 8;
  CHECK(strlen(to) == length);
  while (at + length <= size && memcmp(copy + at, from, length) != 0) at++;
  CHECK(at + length <= size);
  memcpy(copy + at, to, length);
  write_file(path, copy, size);
  free(copy);
  CHECK(ductus_load(path) == NULL);
}

static void test_files(const char *folder) {
  char path[512], deep[600], hash[65], again[65];
  snprintf(path, sizeof path, "%s/model.safetensors", folder);
  ductus_network *network = small((ductus_options){1, "tanh", "quadratic", "scaled"});
  CHECK(ductus_save(network, path) && ductus_save(network, path) && ductus_hash(network, hash));
  snprintf(deep, sizeof deep, "%s/in a file", path);
  CHECK(!ductus_save(network, deep) && says("expected to write a model"));
  ductus_free(network);
  network = ductus_load(path);
  CHECK(network != NULL && ductus_hash(network, again) && strcmp(hash, again) == 0 && ductus_epochs(network) == 3);
  ductus_free(network);
  static uint8_t whole[1 << 16];
  FILE *file = fopen(path, "rb");
  size_t size = fread(whole, 1, sizeof whole, file);
  fclose(file);
  for (size_t length = 0; length < size; length += length < 16 ? 1 : 97) {
    write_file(path, whole, length);
    CHECK(ductus_load(path) == NULL);
  }
  const char *changes[][2] = {
      {"[20,7,3]", "[20,8,3]"}, {"[20,7,3]", "[20,-7,]"}, {"[20,7,3]", "[20,7,3,"}, {"\"tanh\"", "\"tanx\""},
      {"quadratic", "quadrat!c"}, {"\"seed\":\"1\"", "\"seed\":\"x\""}, {"\"epochs\":\"3\"", "\"epochs\":\"-\""},
      {"ductus", "dactus"}, {"F32", "F16"}, {"[7,20]", "[20,7]"}, {"[0,560]", "[0,561]"}, {"[0,560]", "[-,560]"},
      {"[588,672]", "[700,784]"}, {"[588,672]", "\"588,672\""}, {"{\"dtype\"", "[\"dtype\""}};
  for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
    expect_damage(path, whole, size, changes[i][0], changes[i][1]);
  }
  char zero[65], negative[65];
  for (int sign = 0; sign < 2; sign++) {
    memcpy(whole + size - 4, sign == 0 ? "\0\0\0\0" : "\0\0\0\x80", 4);
    write_file(path, whole, size);
    network = ductus_load(path);
    CHECK(network != NULL && ductus_hash(network, sign == 0 ? zero : negative));
    ductus_free(network);
  }
  CHECK(strcmp(zero, negative) == 0);
  memcpy(whole + size - 4, "\0\0\xc0\x7f", 4);
  write_file(path, whole, size);
  CHECK(ductus_load(path) == NULL && says("expected finite numbers, got others"));
  remove(path);
  CHECK(ductus_load(path) == NULL && says("expected a model, got no file that can be read"));
}

static void test_idx(const char *folder) {
  char path[512], other[512];
  ductus_dataset data;
  snprintf(path, sizeof path, "%s/train-images-idx3-ubyte", folder);
  snprintf(other, sizeof other, "%s/train-labels-idx1-ubyte", folder);
  CHECK(!ductus_read_mnist(&data, folder, "train") && says("in this folder, got neither"));
  const uint8_t whole[24] = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2};
  const uint8_t three[] = {0, 0, 8, 1, 0, 0, 0, 3, 1, 2, 3};
  const uint8_t huge[16] = {0, 0, 8, 3, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 2}, floats[24] = {0, 0, 13, 3};
  write_file(other, three, sizeof three);
  const size_t lengths[] = {0, 3, 10, 23};
  for (size_t i = 0; i < 4; i++) {
    write_file(path, whole, lengths[i]);
    CHECK(!ductus_read_mnist(&data, folder, "train"));
  }
  write_file(path, huge, sizeof huge);
  CHECK(!ductus_read_mnist(&data, folder, "train") && says("expected at most 1 GiB of data, got more"));
  write_file(path, floats, sizeof floats);
  CHECK(!ductus_read_mnist(&data, folder, "train") && says("expected an IDX file of bytes"));
  write_file(path, whole, sizeof whole);
  CHECK(!ductus_read_mnist(&data, folder, "train") && says("expected a label for each of 2 images, got 3"));
  // A packed file without its checksum.
  const uint8_t two[] = {0, 0, 8, 1, 0, 0, 0, 2, 1, 2};
  char packed[520];
  uint8_t bytes[100];
  snprintf(packed, sizeof packed, "%s.gz", other);
  gzFile writer = gzopen(packed, "wb");
  CHECK(writer != NULL && gzwrite(writer, two, sizeof two) == sizeof two && gzclose(writer) == Z_OK);
  remove(other);
  CHECK(ductus_read_mnist(&data, folder, "train") && data.count == 2 && data.labels[1] == 2);
  ductus_free_dataset(&data);
  FILE *file = fopen(packed, "rb");
  size_t size = fread(bytes, 1, sizeof bytes, file);
  fclose(file);
  write_file(packed, bytes, size - 8);
  CHECK(!ductus_read_mnist(&data, folder, "train") && says("expected a whole gzip file, got a truncated one"));
  remove(packed);
  remove(path);
}

int main(void) {
  char folder[] = "/tmp/ductus-c-XXXXXX";
  CHECK(mkdtemp(folder) != NULL);
  make_images();
  test_mnist();
  test_bits();
  test_activations();
  test_refusals();
  test_files(folder);
  test_idx(folder);
  CHECK(rmdir(folder) == 0);
  puts("all tests passed");
  return 0;
}
