// Trains and uses handwritten-digit networks with Ductus' WebAssembly module: the same bits as `ductus train`, and the
// same files. Every function that can fail returns false, 0 or NULL and leaves one sentence in ductus_error().
#ifndef DUCTUS_H
#define DUCTUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Labelled images.
typedef struct {
  uint8_t *images;  // [count][inputs], 0 to 255
  uint16_t *labels; // [count], below the number of classes
  size_t count;
  size_t inputs; // pixels of an image
} ductus_dataset;

// What a new network is like. ductus_defaults has seed 1, sigmoid, quadratic, scaled.
typedef struct {
  uint32_t seed;          // of the weights and of the order of images
  const char *activation; // of the hidden layers: sigmoid, tanh or relu
  const char *cost;       // quadratic, cross-entropy or log-likelihood
  const char *init;       // normal, scaled or he
} ductus_options;

extern const ductus_options ductus_defaults;

// What an epoch gave: its number from 1, the mean cost, and the samples read correctly before their update.
typedef struct {
  uint32_t number;
  double cost;
  uint32_t correct;
} ductus_epoch;

typedef struct ductus_network ductus_network;

// What went wrong last, in this thread.
const char *ductus_error(void);

// The images and labels of "train" or "t10k" in a folder of IDX files, plain or with .gz. To be freed.
bool ductus_read_mnist(ductus_dataset *data, const char *folder, const char *kind);
void ductus_free_dataset(ductus_dataset *data);

// A network of layers: pixels (1 to 2^22), hidden layers, classes (1 to 65,536 each). Equal arguments give equal bits.
ductus_network *ductus_new(const uint32_t *sizes, size_t count, ductus_options options);
void ductus_free(ductus_network *network);

// Trains by mini-batch stochastic gradient descent, and calls report, if it is not NULL, after each epoch. Goes on from
// the last epoch trained: the same bits as in one call.
bool ductus_train(ductus_network *network, const ductus_dataset *data, uint32_t epochs, uint32_t batch_size, float eta,
                  void (*report)(ductus_epoch epoch, void *context), void *context);

// How many images are read correctly, into correct.
bool ductus_evaluate(ductus_network *network, const ductus_dataset *data, uint32_t *correct);

// The activations of all outputs, f32[count][classes], 0 to 1, for count images. The largest is what it is read as.
bool ductus_activations(ductus_network *network, const uint8_t *images, size_t count, float *activations);

// The SHA-256 of all parameters, in hexadecimal, as `ductus train` prints it.
bool ductus_hash(ductus_network *network, char hash[65]);

// A safetensors file, with PyTorch's names. An old one stays until the new one is whole. Load trusts nothing in a file.
bool ductus_save(ductus_network *network, const char *path);
ductus_network *ductus_load(const char *path);

uint32_t ductus_epochs(const ductus_network *network);
// How many outputs there are.
uint32_t ductus_classes(const ductus_network *network);

#endif
