// Trains and tests networks on MNIST's IDX files.

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ductus.h"

static const char USAGE[] = "usage: ductus train --data DIR [--hidden 30] [--epochs 2] [--batch-size 10] [--eta 2.5] "
                            "[--seed 1] [--validation 10000] [--out FILE], or ductus evaluate MODEL --data DIR";

static int complain(const char *text) {
  fprintf(stderr, "ductus: %s\n", text);
  return 2;
}

static void print_epoch(ductus_epoch epoch, void *count) {
  printf("epoch %u: cost %.6f, %u of %zu\n", epoch.number, epoch.cost, epoch.correct, *(size_t *)count);
}

static int report(ductus_network *network, const char *folder, double rate) {
  ductus_dataset data;
  uint32_t correct;
  char hash[65];
  if (!ductus_read_mnist(&data, folder, "t10k")) return complain(ductus_error());
  bool done = ductus_evaluate(network, &data, &correct) && ductus_hash(network, hash);
  size_t count = data.count;
  ductus_free_dataset(&data);
  if (!done) return complain(ductus_error());
  printf("test %u of %zu\n", correct, count);
  if (rate > 0) printf("rate %.0f samples/s\n", rate);
  printf("hash %s\n", hash);
  return 0;
}

static int evaluate(const char *model, const char *folder) {
  ductus_network *network = ductus_load(model);
  if (network == NULL) return complain(ductus_error());
  int code = report(network, folder, 0);
  ductus_free(network);
  return code;
}

// The numbers of a training.
enum { HIDDEN, EPOCHS, BATCH_SIZE, ETA, SEED, VALIDATION, COUNT };
static const char *const NAMES[COUNT] = {"--hidden", "--epochs", "--batch-size", "--eta", "--seed", "--validation"};

static int train(const double *given, const char *folder, const char *out) {
  ductus_dataset data;
  if (!ductus_read_mnist(&data, folder, "train")) return complain(ductus_error());
  size_t all = data.count;
  if (given[VALIDATION] >= (double)all) {
    ductus_free_dataset(&data);
    return complain("--validation: expected less than there are images, got more");
  }
  data.count -= (size_t)given[VALIDATION];
  ductus_options options = ductus_defaults;
  options.seed = (uint32_t)given[SEED];
  uint32_t sizes[] = {(uint32_t)data.inputs, (uint32_t)given[HIDDEN], 10};
  ductus_network *network = ductus_new(sizes, 3, options);
  struct timespec start, end;
  clock_gettime(CLOCK_MONOTONIC, &start);
  bool done = network != NULL && ductus_train(network, &data, (uint32_t)given[EPOCHS], (uint32_t)given[BATCH_SIZE],
                                              (float)given[ETA], print_epoch, &data.count);
  clock_gettime(CLOCK_MONOTONIC, &end);
  double seconds = (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
  double samples = given[EPOCHS] * (double)data.count;
  ductus_free_dataset(&data);
  int code = done ? report(network, folder, samples / seconds) : complain(ductus_error());
  if (code == 0 && out != NULL && !ductus_save(network, out)) code = complain(ductus_error());
  ductus_free(network);
  return code;
}

int main(int count, char **arguments) {
  double given[COUNT] = {30, 2, 10, 2.5, 1, 10000};
  const char *data = NULL, *out = NULL, *model = NULL;
  for (int i = 2; i < count; i++) {
    const char *name = arguments[i], *value = i + 1 < count ? arguments[i + 1] : NULL;
    if (strncmp(name, "--", 2) != 0 && model == NULL) {
      model = name;
      continue;
    }
    if (value == NULL) return complain(USAGE);
    i++;
    int place = 0;
    while (place < COUNT && strcmp(name, NAMES[place]) != 0) place++;
    char *end = NULL;
    if (place < COUNT) {
      given[place] = strtod(value, &end);
      bool is_whole = place == ETA || (given[place] >= 0 && given[place] <= UINT32_MAX &&
                                       given[place] == (double)(uint32_t)given[place]);
      if (end == value || *end != '\0' || !is_whole) {
        fprintf(stderr, "ductus: %s: expected a number within its range, got %s\n", name, value);
        return 2;
      }
    } else if (strcmp(name, "--data") == 0) {
      data = value;
    } else if (strcmp(name, "--out") == 0) {
      out = value;
    } else {
      return complain(USAGE);
    }
  }
  const char *command = count > 1 ? arguments[1] : "";
  if (strcmp(command, "train") == 0 && data != NULL && model == NULL) return train(given, data, out);
  if (strcmp(command, "evaluate") == 0 && data != NULL && model != NULL) return evaluate(model, data);
  return complain(USAGE);
}
