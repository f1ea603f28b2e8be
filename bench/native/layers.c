// Native yardstick: trains a network of sigmoid neurons on MNIST (quadratic cost, plain mini-batch SGD) with the blocking of the
// module (assembly/), in C with 128-bit vectors, on one thread. Layer sizes and batch are fixed at compile time:
//   gcc -O3 -march=x86-64-v3 -mno-fma -ffast-math -DSIZES=784,800,10 -DMB=100 layers.c -lm
// usage: layers scatter|csc EPOCHS   trains, then prints one JSON line; the two differ in the update of layer 1
//        layers check                compares both with plain loops in double precision
// MNIST_DIR holds the four IDX files. Batches that do not fill up are left out.
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TRAINING = 50000, IMAGES = 60000, TEST = 10000, PIXELS = 784, PANEL_VECTORS = 8, BLOCK = 64 };
static const int sizes[] = {SIZES};
enum { L = sizeof sizes / sizeof *sizes - 1 };
static const float ETA = 2.5f;

#define INLINE static inline __attribute__((always_inline))
#define NOINLINE static __attribute__((noinline))
#define UNROLL _Pragma("GCC unroll 8")
typedef float vf __attribute__((vector_size(16), may_alias));
typedef int32_t vi __attribute__((vector_size(16), may_alias));

// ---------- the network ----------
// Weights lie input-major in panels: panel p is vf[rows][width], so a row is one run of memory. Layer 1 has panels of at most 8
// vectors, later layers of at most 2, the width of a register tile. Rows and outputs are padded with zeros to whole vectors.
typedef struct { int rows, vectors, panels; vf *w; } Matrix;
typedef struct {
  int inputs, outputs;
  Matrix weights, transposed;   // transposed: for the errors of the layer before, made anew for each batch
  vf *biases, *a, *d;           // a, d: [MB][vectors]; d = -eta/m delta, which the error equations carry along
} Layer;
static Layer layers[L + 1];

static int first(const Matrix *m, int p) { return m->vectors * p / m->panels; }
static int width(const Matrix *m, int p) { return first(m, p + 1) - first(m, p); }
static vf *panel(const Matrix *m, int p) { return m->w + first(m, p) * m->rows; }
static float *weight(const Matrix *m, int k, int j) {
  int p = ((j / 4 + 1) * m->panels - 1) / m->vectors;
  return (float *)(panel(m, p) + k * width(m, p)) + j - 4 * first(m, p);
}

static void *zeros(size_t bytes) {
  void *p = aligned_alloc(64, (bytes + 63) / 64 * 64);
  if (!p) abort();
  return memset(p, 0, bytes);
}
static Matrix matrix(int rows, int vectors, int most) {
  rows = (rows + 3) / 4 * 4;
  return (Matrix){rows, vectors, (vectors + most - 1) / most, zeros(sizeof(vf) * rows * vectors)};
}

static uint64_t state;
static uint32_t random32(void) {
  state ^= state << 13, state ^= state >> 7, state ^= state << 17;
  return state >> 32;
}
static double uniform(void) { return (random32() + 0.5) / 4294967296.0; }
static double normal(void) { return sqrt(-2 * log(uniform())) * cos(6.283185307179586 * uniform()); }

static void initialise(void) {
  state = 88172645463325252u;
  for (int l = 1; l <= L; l++) {
    int inputs = sizes[l - 1], outputs = sizes[l], vectors = (outputs + 3) / 4, before = (inputs + 3) / 4;
    Layer *y = layers + l;
    if (!y->a) {
      *y = (Layer){inputs, outputs, matrix(inputs, vectors, l == 1 ? PANEL_VECTORS : 2), matrix(outputs, before, 2),
                   zeros(16 * vectors), zeros(16 * vectors * MB), zeros(16 * vectors * MB)};
    }
    for (int j = 0; j < outputs; j++) {
      ((float *)y->biases)[j] = normal();
      for (int k = 0; k < inputs; k++) *weight(&y->weights, k, j) = normal() / sqrt(inputs);
    }
  }
}

// ---------- images: non-zero pixels only; the test images follow the training images ----------
static uint32_t starts[IMAGES + 1], batch_order[TRAINING];
static uint16_t *offsets;  // 16 k: times the width of a panel, the offset of row k in bytes
static float *values;
static uint8_t labels[IMAGES];

static void load(const char *name, int header, uint8_t *to, size_t bytes) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", getenv("MNIST_DIR") ? getenv("MNIST_DIR") : ".", name);
  FILE *file = fopen(path, "rb");
  if (!file || fseek(file, header, SEEK_SET) || fread(to, 1, bytes, file) != bytes) { perror(path); exit(1); }
  fclose(file);
}
static void load_images(void) {
  uint8_t *pixels = malloc(IMAGES * PIXELS);
  load("train-images-idx3-ubyte", 16, pixels, TRAINING * PIXELS);
  load("t10k-images-idx3-ubyte", 16, pixels + TRAINING * PIXELS, TEST * PIXELS);
  load("train-labels-idx1-ubyte", 8, labels, TRAINING);
  load("t10k-labels-idx1-ubyte", 8, labels + TRAINING, TEST);
  size_t count = 0;
  for (size_t i = 0; i < IMAGES * PIXELS; i++) count += pixels[i] != 0;
  offsets = zeros(sizeof *offsets * count), values = zeros(sizeof *values * count);
  count = 0;
  for (size_t i = 0; i < IMAGES * PIXELS; i++) {
    if (pixels[i]) offsets[count] = i % PIXELS * 16, values[count++] = pixels[i] / 255.0f;
    starts[i / PIXELS + 1] = count;
  }
  free(pixels);
}
static void prefetch_image(uint32_t image) {
  for (uint32_t i = starts[image]; i < starts[image + 1]; i += 32) __builtin_prefetch(offsets + i);
  for (uint32_t i = starts[image]; i < starts[image + 1]; i += 16) __builtin_prefetch(values + i);
}

// ---------- sigmoid: e^-z = 2^n e^r, with Cephes' polynomial for e^r ----------
INLINE vf splat(float x) { return (vf){x, x, x, x}; }
INLINE vf sigmoid(vf z) {
  vf t = __builtin_ia32_minps(__builtin_ia32_maxps(-z, splat(-87)), splat(87));
  vi n = __builtin_ia32_cvtps2dq(t * 1.44269504f);
  vf whole = __builtin_convertvector(n, vf);
  vf r = t - whole * 0.693359375f + whole * 2.12194440e-4f;
  vf p = r * 1.9875691500e-4f + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  return 1.0f / (1.0f + p * (vf)((n + 127) << 23));
}
/** Applies sigma to the sums of a layer; padding gets 0, so that its deltas and weights stay 0. */
NOINLINE void activate(const Layer *y) {
  for (int i = 0; i < MB * y->weights.vectors; i++) y->a[i] = sigmoid(y->a[i]);
  for (int s = 1; s <= MB && y->outputs % 4; s++)
    for (int j = y->outputs % 4; j < 4; j++) ((float *)(y->a + s * y->weights.vectors - 1))[j] = 0;
}

// ---------- layer 1: one sample's sums, or deltas, stay in registers over all pixels ----------
#define FOR_WIDTH(width, f, ...) \
  switch (width) { \
    case 1: f(1, __VA_ARGS__); break; \
    case 2: f(2, __VA_ARGS__); break; \
    case 3: f(3, __VA_ARGS__); break; \
    case 4: f(4, __VA_ARGS__); break; \
    case 5: f(5, __VA_ARGS__); break; \
    case 6: f(6, __VA_ARGS__); break; \
    case 7: f(7, __VA_ARGS__); break; \
    case 8: f(8, __VA_ARGS__); break; \
  }
INLINE vf *row(vf *w, size_t offset, const int W) { return (vf *)((char *)w + offset * W); }

INLINE void panel_sums(const int W, const uint32_t *images, vf *w, const vf *biases, vf *z, int stride) {
  for (int s = 0; s < MB; s++, z += stride) {
    vf sum[8];
    UNROLL for (int v = 0; v < W; v++) sum[v] = biases[v];
    for (uint32_t i = starts[images[s]], end = starts[images[s] + 1]; i < end; i++) {
      const vf *r = row(w, offsets[i], W);
      UNROLL for (int v = 0; v < W; v++) sum[v] += values[i] * r[v];
    }
    UNROLL for (int v = 0; v < W; v++) z[v] = sum[v];
  }
}
NOINLINE void first_sums(const uint32_t *images) {
  const Matrix *m = &layers[1].weights;
  for (int p = 0; p < m->panels; p++)
    FOR_WIDTH(width(m, p), panel_sums, images, panel(m, p), layers[1].biases + first(m, p), layers[1].a + first(m, p), m->vectors)
}

INLINE void panel_scatter(const int W, const uint32_t *images, vf *w, const vf *d, int stride) {
  for (int s = 0; s < MB; s++, d += stride) {
    vf delta[8];
    UNROLL for (int v = 0; v < W; v++) delta[v] = d[v];
    for (uint32_t i = starts[images[s]], end = starts[images[s] + 1]; i < end; i++) {
      vf *r = row(w, offsets[i], W);
      UNROLL for (int v = 0; v < W; v++) r[v] += values[i] * delta[v];
    }
  }
}
NOINLINE void first_update_scatter(const uint32_t *images) {
  const Matrix *m = &layers[1].weights;
  for (int p = 0; p < m->panels; p++)
    FOR_WIDTH(width(m, p), panel_scatter, images, panel(m, p), layers[1].d + first(m, p), m->vectors)
}

// The other way round: the pixels of a block of samples sorted by k, and a row stays in registers over its samples.
typedef struct { uint32_t offset; float value; } Term;  // 16 s, like the offsets of pixels
static Term terms[BLOCK * PIXELS];
static struct { uint32_t offset, end; } used[PIXELS];  // row, and the end of its terms

NOINLINE int sort_terms(const uint32_t *images, int samples) {
  uint32_t next[PIXELS] = {0}, sum = 0;
  int rows = 0;
  for (int s = 0; s < samples; s++)
    for (uint32_t i = starts[images[s]]; i < starts[images[s] + 1]; i++) next[offsets[i] / 16]++;
  for (int k = 0; k < PIXELS; k++) {
    uint32_t count = next[k];
    next[k] = sum, sum += count;
    used[rows].offset = 16 * k, used[rows].end = sum;
    rows += count != 0;
  }
  for (int s = 0; s < samples; s++)
    for (uint32_t i = starts[images[s]]; i < starts[images[s] + 1]; i++)
      terms[next[offsets[i] / 16]++] = (Term){16 * s, values[i]};
  return rows;
}
INLINE void panel_rows(const int W, int rows, int samples, vf *w, const vf *d, int stride) {
  vf packed[BLOCK * 8];
  for (int s = 0; s < samples; s++) UNROLL for (int v = 0; v < W; v++) packed[s * W + v] = d[s * stride + v];
  const Term *term = terms;
  for (int i = 0; i < rows; i++) {
    vf sum[8], *r = row(w, used[i].offset, W);
    UNROLL for (int v = 0; v < W; v++) sum[v] = r[v];
    for (const Term *end = terms + used[i].end; term < end; term++) {
      const vf *delta = row(packed, term->offset, W);
      UNROLL for (int v = 0; v < W; v++) sum[v] += term->value * delta[v];
    }
    UNROLL for (int v = 0; v < W; v++) r[v] = sum[v];
  }
}
NOINLINE void first_update_csc(const uint32_t *images) {
  const Matrix *m = &layers[1].weights;
  const int blocks = (MB + BLOCK - 1) / BLOCK;
  for (int b = 0; b < blocks; b++) {
    int s = MB * b / blocks, samples = MB * (b + 1) / blocks - s, rows = sort_terms(images + s, samples);
    for (int p = 0; p < m->panels; p++)
      FOR_WIDTH(width(m, p), panel_rows, rows, samples, panel(m, p), layers[1].d + s * m->vectors + first(m, p), m->vectors)
  }
}

// ---------- later layers: eight sums in registers, 4 x 2 vectors, or 8 x 1 for a panel of one vector ----------
/** z = b + x w, or with a the error (x w) . a (1 - a), for S samples and a panel of V vectors. */
INLINE void sums_tile(const int S, const int V, int inputs, const float *x, int xs, const vf *w, const vf *b, const vf *a, vf *z,
                      int zs) {
  vf sum[8][2];
  UNROLL for (int s = 0; s < S; s++) UNROLL for (int v = 0; v < V; v++) sum[s][v] = b ? b[v] : splat(0);
  for (int k = 0; k < inputs; k++, w += V)
    UNROLL for (int s = 0; s < S; s++) UNROLL for (int v = 0; v < V; v++) sum[s][v] += x[s * xs + k] * w[v];
  UNROLL for (int s = 0; s < S; s++) UNROLL for (int v = 0; v < V; v++) {
    if (a) sum[s][v] *= a[s * zs + v] * (1.0f - a[s * zs + v]);
    z[s * zs + v] = sum[s][v];
  }
}
INLINE void panel_dense(const int V, int inputs, const float *x, int xs, const vf *w, const vf *b, const vf *a, vf *z, int zs) {
  const int S = 8 / V;
  int s = 0;
  for (; s + S <= MB; s += S) sums_tile(S, V, inputs, x + s * xs, xs, w, b, a ? a + s * zs : 0, z + s * zs, zs);
  if (MB % S) sums_tile(MB % S, V, inputs, x + s * xs, xs, w, b, a ? a + s * zs : 0, z + s * zs, zs);
}
NOINLINE void dense_sums(const Layer *x, Layer *y) {
  const Matrix *m = &y->weights;
  for (int p = 0; p < m->panels; p++) {
    int v = first(m, p);
    if (width(m, p) == 2) panel_dense(2, y->inputs, (float *)x->a, 4 * x->weights.vectors, panel(m, p), y->biases + v, 0, y->a + v, m->vectors);
    else panel_dense(1, y->inputs, (float *)x->a, 4 * x->weights.vectors, panel(m, p), y->biases + v, 0, y->a + v, m->vectors);
  }
}

INLINE void transpose(const vf *w, int stride, vf *to, int to_stride) {
  vf a = __builtin_shuffle(w[0], w[stride], (vi){0, 4, 1, 5}), b = __builtin_shuffle(w[0], w[stride], (vi){2, 6, 3, 7});
  vf c = __builtin_shuffle(w[2 * stride], w[3 * stride], (vi){0, 4, 1, 5}), d = __builtin_shuffle(w[2 * stride], w[3 * stride], (vi){2, 6, 3, 7});
  to[0] = __builtin_shuffle(a, c, (vi){0, 1, 4, 5});
  to[to_stride] = __builtin_shuffle(a, c, (vi){2, 3, 6, 7});
  to[2 * to_stride] = __builtin_shuffle(b, d, (vi){0, 1, 4, 5});
  to[3 * to_stride] = __builtin_shuffle(b, d, (vi){2, 3, 6, 7});
}
/** The error of layer x, from the layer y above. */
NOINLINE void layer_error(Layer *x, const Layer *y) {
  const Matrix *m = &y->weights, *t = &y->transposed;
  for (int p = 0; p < m->panels; p++) for (int q = 0; q < t->panels; q++)
    for (int j = 0; j < width(m, p); j++) for (int k = 0; k < width(t, q); k++)
      transpose(panel(m, p) + 4 * (first(t, q) + k) * width(m, p) + j, width(m, p),
                panel(t, q) + 4 * (first(m, p) + j) * width(t, q) + k, width(t, q));
  for (int q = 0; q < t->panels; q++) {
    int v = first(t, q);
    if (width(t, q) == 2) panel_dense(2, y->outputs, (float *)y->d, 4 * m->vectors, panel(t, q), 0, x->a + v, x->d + v, t->vectors);
    else panel_dense(1, y->outputs, (float *)y->d, 4 * m->vectors, panel(t, q), 0, x->a + v, x->d + v, t->vectors);
  }
}

/** w += x d of all samples, for R rows of a panel of V vectors. */
INLINE void update_tile(const int R, const int V, vf *w, const float *x, int xs, const vf *d, int ds) {
  vf sum[8][2];
  UNROLL for (int r = 0; r < R; r++) UNROLL for (int v = 0; v < V; v++) sum[r][v] = w[r * V + v];
  for (int s = 0; s < MB; s++, x += xs, d += ds)
    UNROLL for (int r = 0; r < R; r++) UNROLL for (int v = 0; v < V; v++) sum[r][v] += x[r] * d[v];
  UNROLL for (int r = 0; r < R; r++) UNROLL for (int v = 0; v < V; v++) w[r * V + v] = sum[r][v];
}
NOINLINE void dense_update(const Layer *x, Layer *y) {
  const Matrix *m = &y->weights;
  const float *a = (float *)x->a;
  const int xs = 4 * x->weights.vectors;
  for (int p = 0; p < m->panels; p++) {
    vf *w = panel(m, p), *d = y->d + first(m, p);
    int k = 0;
    if (width(m, p) == 2) for (; k < m->rows; k += 4) update_tile(4, 2, w + 2 * k, a + k, xs, d, m->vectors);
    for (; k + 8 <= m->rows; k += 8) update_tile(8, 1, w + k, a + k, xs, d, m->vectors);
    if (k < m->rows) update_tile(4, 1, w + k, a + k, xs, d, m->vectors);
  }
}

// ---------- training ----------
static void feedforward(const uint32_t *images) {
  first_sums(images);
  activate(layers + 1);
  for (int l = 2; l <= L; l++) dense_sums(layers + l - 1, layers + l), activate(layers + l);
}
NOINLINE void output_error(const uint32_t *images) {
  const Layer *y = layers + L;
  for (int s = 0; s < MB; s++) for (int v = 0; v < y->weights.vectors; v++) {
    vi j = (vi){0, 1, 2, 3} + 4 * v;
    vf a = y->a[s * y->weights.vectors + v], desired = (vf)((j == labels[images[s]]) & (vi)splat(1));
    y->d[s * y->weights.vectors + v] = (a - desired) * a * (1.0f - a) * (-ETA / MB);
  }
}
NOINLINE void update_biases(Layer *y) {
  const int vectors = y->weights.vectors;
  for (int s = 0; s < MB; s++) for (int v = 0; v < vectors; v++) y->biases[v] += y->d[s * vectors + v];
}
static void train_batch(const uint32_t *images, int csc) {
  feedforward(images);
  output_error(images);
  for (int l = L; l > 1; l--) layer_error(layers + l - 1, layers + l);
  for (int l = L; l > 1; l--) dense_update(layers + l - 1, layers + l);
  for (int l = 1; l <= L; l++) update_biases(layers + l);
  if (csc) first_update_csc(images); else first_update_scatter(images);
}
static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}
static double train_epoch(int csc) {
  double start = now();
  for (uint32_t i = TRAINING - 1; i > 0; i--) {
    uint32_t j = (uint64_t)random32() * (i + 1) >> 32, t = batch_order[i];
    batch_order[i] = batch_order[j], batch_order[j] = t;
  }
  for (int i = 0; i + MB <= TRAINING; i += MB) {
    for (int s = i + MB; s < i + 2 * MB && s < TRAINING; s++) prefetch_image(batch_order[s]);
    train_batch(batch_order + i, csc);
  }
  return now() - start;
}
static double test_accuracy(void) {
  int correct = 0;
  for (int i = TRAINING; i < IMAGES; i += MB) {
    uint32_t images[MB];
    for (int s = 0; s < MB; s++) images[s] = i + s < IMAGES ? i + s : IMAGES - 1;
    feedforward(images);
    for (int s = 0; s < MB && i + s < IMAGES; s++) {
      const float *a = (float *)(layers[L].a + s * layers[L].weights.vectors);
      int best = 0;
      for (int j = 1; j < sizes[L]; j++) if (a[j] > a[best]) best = j;
      correct += best == labels[i + s];
    }
  }
  return (double)correct / TEST;
}

// ---------- check: plain loops in double precision ----------
typedef struct { double *w, *b, *gw, *gb, *a, *d; } Plain;  // w: [inputs][outputs]
static Plain plain[L + 1];

static void plain_copy(void) {
  for (int l = 1; l <= L; l++) {
    size_t n = sizes[l - 1], m = sizes[l];
    double *all = calloc(2 * n * m + 4 * m, sizeof *all);
    plain[l] = (Plain){all, all + n * m, all + n * m + m, all + 2 * n * m + m, all + 2 * n * m + 2 * m, all + 2 * n * m + 3 * m};
    for (size_t j = 0; j < m; j++) {
      plain[l].b[j] = ((float *)layers[l].biases)[j];
      for (size_t k = 0; k < n; k++) plain[l].w[k * m + j] = *weight(&layers[l].weights, k, j);
    }
  }
}
static void plain_batch(const uint32_t *images) {
  for (int s = 0; s < MB; s++) {
    double x[PIXELS] = {0};
    for (uint32_t i = starts[images[s]]; i < starts[images[s] + 1]; i++) x[offsets[i] / 16] = values[i];
    plain[0].a = x;
    for (int l = 1; l <= L; l++) for (int j = 0; j < sizes[l]; j++) {
      double z = plain[l].b[j];
      for (int k = 0; k < sizes[l - 1]; k++) z += plain[l - 1].a[k] * plain[l].w[k * sizes[l] + j];
      plain[l].a[j] = 1 / (1 + exp(-z));
    }
    for (int l = L; l >= 1; l--) for (int j = 0; j < sizes[l]; j++) {
      double error = 0, a = plain[l].a[j];
      if (l == L) error = a - (j == labels[images[s]]);
      else for (int i = 0; i < sizes[l + 1]; i++) error += plain[l + 1].w[j * sizes[l + 1] + i] * plain[l + 1].d[i];
      plain[l].gb[j] += plain[l].d[j] = error * a * (1 - a);
    }
    for (int l = 1; l <= L; l++) for (int k = 0; k < sizes[l - 1]; k++) for (int j = 0; j < sizes[l]; j++)
      plain[l].gw[k * sizes[l] + j] += plain[l - 1].a[k] * plain[l].d[j];
  }
  for (int l = 1; l <= L; l++) {
    for (int i = 0; i < sizes[l - 1] * sizes[l]; i++) plain[l].w[i] -= ETA / MB * plain[l].gw[i], plain[l].gw[i] = 0;
    for (int j = 0; j < sizes[l]; j++) plain[l].b[j] -= ETA / MB * plain[l].gb[j], plain[l].gb[j] = 0;
  }
}
/** The largest difference of a weight or bias. */
static double difference(void) {
  double most = 0;
  for (int l = 1; l <= L; l++) for (int j = 0; j < sizes[l]; j++) {
    most = fmax(most, fabs(plain[l].b[j] - ((float *)layers[l].biases)[j]));
    for (int k = 0; k < sizes[l - 1]; k++) most = fmax(most, fabs(plain[l].w[k * sizes[l] + j] - *weight(&layers[l].weights, k, j)));
  }
  return most;
}
static int check(void) {
  int failed = 0;
  for (int csc = 0; csc < 2; csc++) {
    initialise();
    plain_copy();
    for (int i = 0; i < 20; i++) train_batch(batch_order + i * MB, csc);
    double moved = difference();
    for (int i = 0; i < 20; i++) plain_batch(batch_order + i * MB);
    double most = difference();
    printf("%s: after 20 batches weights differ by at most %.1e, having moved by up to %.2f\n", csc ? "csc" : "scatter", most, moved);
    failed |= !(most < 1e-3 && moved > 1e-2);
  }
  return failed;
}

int main(int count, char **arguments) {
  const char *mode = count > 1 ? arguments[1] : "";
  const int checking = !strcmp(mode, "check"), csc = !strcmp(mode, "csc"), epochs = count > 2 ? atoi(arguments[2]) : 0;
  if (!checking && (epochs < 1 || (!csc && strcmp(mode, "scatter")))) {
    fprintf(stderr, "usage: layers scatter|csc EPOCHS, or layers check\n");
    return 2;
  }
  load_images();
  for (int i = 0; i < TRAINING; i++) batch_order[i] = i;
  if (checking) return check();
  initialise();
  double seconds = 0, best = INFINITY;
  for (int e = 0; e < epochs; e++) {
    double epoch = train_epoch(csc);
    seconds += epoch, best = fmin(best, epoch);
  }
  printf("{\"name\":\"c-128-%s\",\"layers\":[%d", mode, sizes[0]);
  for (int l = 1; l <= L; l++) printf(",%d", sizes[l]);
  printf("],\"batch\":%d,\"samplesPerSecond\":%.0f,\"bestEpochSeconds\":%.4f,\"testAccuracy\":%.4f}\n", MB,
         (double)(TRAINING / MB * MB) * epochs / seconds, best, test_accuracy());
}
