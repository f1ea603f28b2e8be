// Native yardstick: trains a network of sigmoid neurons on MNIST (quadratic cost, plain mini-batch SGD) with the
// blocking of the module (assembly/), in C with 128-bit vectors, on one thread. Layer sizes and batch are fixed at
// compile time:
//   gcc -O3 -march=x86-64-v3 -mno-fma -ffast-math -DSIZES=784,800,10 -DMB=100 layers.c -lm
// usage: layers scatter|csc EPOCHS   trains, then prints one JSON line; the two differ in the update of layer 1
//        layers check                compares both with plain loops in double precision
// MNIST_DIR holds the four IDX files. A last batch that is not full is left out.
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
enum { TRAINING = 50000, TEST = 10000, IMAGES = TRAINING + TEST, PIXELS = 784, BLOCK = 64 };
static const int sizes[] = {SIZES};
enum { L = sizeof sizes / sizeof *sizes - 1 };
#ifndef ETA
#define ETA 0.5f
#endif
#define INLINE static inline __attribute__((always_inline))
#define NOINLINE static __attribute__((noinline))
#define UNROLL _Pragma("GCC unroll 8")
#define EACH(i, n) UNROLL for (int i = 0; i < (n); i++)
typedef float vf __attribute__((vector_size(16), may_alias));
typedef int32_t vi __attribute__((vector_size(16), may_alias));
INLINE vf splat(float x) { return (vf){x, x, x, x}; }

// ---------- the network ----------
// Weights lie input-major in panels: panel p is vf[rows][width], so a row is one run of memory. Layer 1 has panels of
// at most 8 vectors, later layers of at most 2, the width of their register tile. Padding, to whole vectors and tiles,
// is and stays 0.
typedef struct { int rows, vectors, panels; vf *w; } Matrix;
typedef struct {
  int inputs, outputs, stride;
  Matrix weights, transposed;  // transposed: for the errors of the layer before, made anew for each batch
  vf *biases, *a, *d;          // a, d: [MB][stride]; d = -eta/m delta, a factor that the error equations carry along
} Layer;
static Layer layers[L + 1];
static int first(const Matrix *m, int p) { return m->vectors * p / m->panels; }
static int width(const Matrix *m, int p) { return first(m, p + 1) - first(m, p); }
static vf *panel(const Matrix *m, int p) { return m->w + first(m, p) * m->rows; }
/** w_kj, or with k = inputs the bias b_j. */
static float *parameter(const Layer *y, int k, int j) {
  const Matrix *m = &y->weights;
  int p = ((j / 4 + 1) * m->panels - 1) / m->vectors;
  return k == y->inputs ? (float *)y->biases + j : (float *)(panel(m, p) + k * width(m, p)) + j - 4 * first(m, p);
}
#define CASE(W, f, ...) case W: f(W, __VA_ARGS__); break;
#define CASES2(...) CASE(1, __VA_ARGS__) CASE(2, __VA_ARGS__)
#define CASES8(...) CASES2(__VA_ARGS__) CASE(3, __VA_ARGS__) CASE(4, __VA_ARGS__) CASE(5, __VA_ARGS__) \
  CASE(6, __VA_ARGS__) CASE(7, __VA_ARGS__) CASE(8, __VA_ARGS__)
/**
 * f(W, w, ...) for each panel w of m, with its width W as a constant; the other arguments may use v, its first vector.
 */
#define EACH_PANEL(cases, f, m, ...) \
  for (int p = 0, v = 0; p < (m)->panels; v = first(m, ++p)) switch (width(m, p)) { cases(f, panel(m, p), __VA_ARGS__) }

static void *zeros(size_t bytes) { return memset(aligned_alloc(64, (bytes + 63) / 64 * 64), 0, bytes); }
static Matrix matrix(int rows, int columns, int widest) {
  int padded = (rows + 3) / 4 * 4, vectors = (columns + 3) / 4;
  return (Matrix){padded, vectors, (vectors + widest - 1) / widest, zeros(sizeof(vf) * padded * vectors)};
}
static void create(void) {
  for (int l = 1; l <= L; l++) {
    // An odd number of cache lines: with a power of two, a column of a mini-batch would fall into few sets of the
    // cache.
    int n = sizes[l - 1], m = sizes[l], stride = ((m + 15) / 16 | 1) * 4, bytes = sizeof(vf) * stride;
    layers[l] = (Layer){n, m, stride, matrix(n, m, l == 1 ? 8 : 2), matrix(m, n, 2),
                        zeros(bytes), zeros(bytes * MB), zeros(bytes * MB)};
  }
}
static uint64_t state;
static uint32_t random32(void) { state ^= state << 13, state ^= state >> 7, state ^= state << 17; return state >> 32; }
static double uniform(void) { return (random32() + 0.5) / 4294967296.0; }
static double normal(void) { return sqrt(-2 * log(uniform())) * cos(6.283185307179586 * uniform()); }
static void initialise(void) {
  state = 88172645463325252u;
  for (int l = 1; l <= L; l++) for (int k = 0; k <= sizes[l - 1]; k++) for (int j = 0; j < sizes[l]; j++)
    *parameter(layers + l, k, j) = normal() / (k == sizes[l - 1] ? 1 : sqrt(sizes[l - 1]));
}

// ---------- images: lists of non-zero pixels; the test images follow the training images ----------
static uint32_t starts[IMAGES + 1], order[TRAINING];
static uint16_t *offsets;  // 16 k: times the width of a panel, the offset of row k in bytes
static float *values;
static uint8_t labels[IMAGES], pixels[IMAGES * PIXELS];
#define EACH_PIXEL(i, image) for (uint32_t i = starts[image], end = starts[(image) + 1]; i < end; i++)
static void load(const char *name, int header, uint8_t *to, size_t bytes) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", getenv("MNIST_DIR") ? getenv("MNIST_DIR") : ".", name);
  FILE *file = fopen(path, "rb");
  if (!file || fseek(file, header, SEEK_SET) || fread(to, 1, bytes, file) != bytes) { perror(path); exit(1); }
  fclose(file);
}
static void load_images(void) {
  load("train-images-idx3-ubyte", 16, pixels, TRAINING * PIXELS), load("train-labels-idx1-ubyte", 8, labels, TRAINING);
  load("t10k-images-idx3-ubyte", 16, pixels + TRAINING * PIXELS, TEST * PIXELS);
  load("t10k-labels-idx1-ubyte", 8, labels + TRAINING, TEST);
  size_t count = 0;
  for (size_t i = 0; i < IMAGES * PIXELS; i++) count += pixels[i] != 0;
  offsets = zeros(sizeof *offsets * count), values = zeros(sizeof *values * count), count = 0;
  for (size_t i = 0; i < IMAGES * PIXELS; i++) {
    if (pixels[i]) offsets[count] = i % PIXELS * 16, values[count++] = pixels[i] / 255.0f;
    starts[i / PIXELS + 1] = count;
  }
}
static void prefetch(uint32_t image) {
  for (uint32_t i = starts[image]; i < starts[image + 1]; i += 32) __builtin_prefetch(offsets + i);
  for (uint32_t i = starts[image]; i < starts[image + 1]; i += 16) __builtin_prefetch(values + i);
}

// ---------- sigmoid: e^-z = 2^n e^r, e^r by Cephes' polynomial ----------
/**
 * Four vectors at a time, and pairs of coefficients first: a single Horner scheme is one long chain of dependent steps.
 */
INLINE void sigmoid(vf *a) {
  vf r[4], r2[4], p[4], q[4];
  vi n[4];
  EACH(i, 4) r[i] = __builtin_ia32_minps(__builtin_ia32_maxps(-a[i], splat(-87)), splat(87));
  EACH(i, 4) n[i] = __builtin_ia32_cvtps2dq(r[i] * 1.44269504f);
  EACH(i, 4) r[i] -= __builtin_convertvector(n[i], vf) * 0.693147181f;
  EACH(i, 4) r2[i] = r[i] * r[i];
  EACH(i, 4) p[i] = (r[i] * 1.9875691500e-4f + 1.3981999507e-3f) * r2[i];
  EACH(i, 4) q[i] = r[i] * 8.3334519073e-3f + 4.1665795894e-2f;
  EACH(i, 4) p[i] = (p[i] + q[i]) * r2[i];
  EACH(i, 4) q[i] = r[i] * 1.6666665459e-1f + 5.0000001201e-1f;
  EACH(i, 4) p[i] = (p[i] + q[i]) * r2[i] + (r[i] + 1.0f);
  EACH(i, 4) a[i] = 1.0f / (1.0f + p[i] * (vf)((n[i] + 127) << 23));
}
NOINLINE void activate(const Layer *y) {
  for (vf *a = y->a; a < y->a + MB * y->stride; a += y->stride) {
    for (int v = 0; v < y->weights.vectors; v += 4) sigmoid(a + v);
    for (int j = y->outputs; j % 16; j++) ((float *)a)[j] = 0;
  }
}

// ---------- layer 1: a sample's sums, or deltas, stay in registers over all its pixels ----------
INLINE vf *row(const vf *w, size_t offset, const int W) { return (vf *)((char *)w + offset * W); }
INLINE void panel_sums(const int W, const vf *w, const uint32_t *images, const vf *biases, vf *z, int stride) {
  for (int s = 0; s < MB; s++, z += stride) {
    vf sum[8];
    EACH(v, W) sum[v] = biases[v];
    EACH_PIXEL(i, images[s]) EACH(v, W) sum[v] += values[i] * row(w, offsets[i], W)[v];
    EACH(v, W) z[v] = sum[v];
  }
}
NOINLINE void first_sums(const Layer *y, const uint32_t *images) {
  EACH_PANEL(CASES8, panel_sums, &y->weights, images, y->biases + v, y->a + v, y->stride)
}

INLINE void panel_scatter(const int W, vf *w, const uint32_t *images, const vf *d, int stride) {
  const uint16_t *offset = offsets;  // copies: for all gcc knows, a store to a row might change the global pointers
  const float *value = values;
  for (int s = 0; s < MB; s++, d += stride) {
    vf delta[8];
    EACH(v, W) delta[v] = d[v];
    EACH_PIXEL(i, images[s]) {
      vf *r = row(w, offset[i], W), x = splat(value[i]);
      // One register for the row: gcc would otherwise work out the address of each of its vectors.
      __asm__("" : "+r"(r));
      EACH(v, W) r[v] += x * delta[v];
    }
  }
}
NOINLINE void first_update_scatter(const Layer *y, const uint32_t *images) {
  EACH_PANEL(CASES8, panel_scatter, &y->weights, images, y->d + v, y->stride)
}

// The other way round: with the pixels of a block of samples sorted by k, a row stays in registers over its samples.
static struct { uint32_t offset; float value; } terms[BLOCK * PIXELS];  // 16 s, and sample s's pixel k
static struct { uint32_t offset, end; } used[PIXELS];                   // 16 k, and the end of row k's terms
NOINLINE int sort_pixels(const uint32_t *images, int samples) {
  uint32_t next[PIXELS] = {0}, sum = 0;
  int rows = 0;
  for (int s = 0; s < samples; s++) EACH_PIXEL(i, images[s]) next[offsets[i] / 16]++;
  for (int k = 0; k < PIXELS; k++) {
    uint32_t count = next[k];
    next[k] = sum, sum += count;
    used[rows].offset = 16 * k, used[rows].end = sum, rows += count != 0;
  }
  for (int s = 0; s < samples; s++) EACH_PIXEL(i, images[s]) {
    uint32_t term = next[offsets[i] / 16]++;
    terms[term].offset = 16 * s, terms[term].value = values[i];
  }
  return rows;
}
INLINE void panel_rows(const int W, vf *w, int rows, int samples, const vf *d, int stride) {
  vf packed[BLOCK * 8];
  for (int s = 0; s < samples; s++) EACH(v, W) packed[s * W + v] = d[s * stride + v];
  for (uint32_t i = 0, term = 0; i < (uint32_t)rows; i++) {
    vf sum[8], *r = row(w, used[i].offset, W);
    EACH(v, W) sum[v] = r[v];
    for (const uint32_t end = used[i].end; term < end; term++)
      EACH(v, W) sum[v] += terms[term].value * row(packed, terms[term].offset, W)[v];
    EACH(v, W) r[v] = sum[v];
  }
}
NOINLINE void first_update_csc(const Layer *y, const uint32_t *images) {
  const int blocks = (MB + BLOCK - 1) / BLOCK;
  for (int b = 0; b < blocks; b++) {
    int s = MB * b / blocks, samples = MB * (b + 1) / blocks - s, rows = sort_pixels(images + s, samples);
    EACH_PANEL(CASES8, panel_rows, &y->weights, rows, samples, y->d + s * y->stride + v, y->stride)
  }
}

// ---------- later layers: tiles of eight sums in registers, 4 x 2 vectors, or 8 x 1 in a panel of one ----------
/** z = b + x w, or given a, z = (x w) . a (1 - a): S samples, V vectors. */
INLINE void sums_tile(const int S, const int V, const vf *w, int inputs, const float *x, int xs, const vf *b,
                      const vf *a, vf *z, int zs) {
  vf sum[8][2];
  EACH(s, S) EACH(v, V) sum[s][v] = b ? b[v] : splat(0);
  for (int k = 0; k < inputs; k++, w += V) EACH(s, S) EACH(v, V) sum[s][v] += x[s * xs + k] * w[v];
  if (a) EACH(s, S) EACH(v, V) sum[s][v] *= a[s * zs + v] * (1.0f - a[s * zs + v]);
  EACH(s, S) EACH(v, V) z[s * zs + v] = sum[s][v];
}
INLINE void panel_dense(const int V, const vf *w, int inputs, const float *x, int xs, const vf *b, const vf *a, vf *z,
                        int zs) {
  const int S = 8 / V;
  int s = 0;
  for (; s + S <= MB; s += S) sums_tile(S, V, w, inputs, x + s * xs, xs, b, a ? a + s * zs : 0, z + s * zs, zs);
  if (MB % S) sums_tile(MB % S, V, w, inputs, x + s * xs, xs, b, a ? a + s * zs : 0, z + s * zs, zs);
}
NOINLINE void dense_sums(const Layer *x, const Layer *y) {
  EACH_PANEL(CASES2, panel_dense, &y->weights, y->inputs, (float *)x->a, 4 * x->stride, y->biases + v, 0, y->a + v,
             y->stride)
}

#define MIX(a, b, ...) __builtin_shuffle(a, b, (vi){__VA_ARGS__})
INLINE void transpose(const vf *w, int ws, vf *t, int ts) {
  vf a = MIX(w[0], w[ws], 0, 4, 1, 5), b = MIX(w[0], w[ws], 2, 6, 3, 7);
  vf c = MIX(w[2 * ws], w[3 * ws], 0, 4, 1, 5), d = MIX(w[2 * ws], w[3 * ws], 2, 6, 3, 7);
  t[0] = MIX(a, c, 0, 1, 4, 5), t[ts] = MIX(a, c, 2, 3, 6, 7);
  t[2 * ts] = MIX(b, d, 0, 1, 4, 5), t[3 * ts] = MIX(b, d, 2, 3, 6, 7);
}
/** The error of layer x from that of layer y: dense sums with the weights transposed, 4 x 4 at a time. */
NOINLINE void layer_error(const Layer *x, const Layer *y) {
  const Matrix *m = &y->weights, *t = &y->transposed;
  for (int p = 0; p < m->panels; p++) for (int q = 0; q < t->panels; q++) {
    const int ws = width(m, p), ts = width(t, q);
    const vf *w = panel(m, p) + 4 * first(t, q) * ws;
    vf *to = panel(t, q) + 4 * first(m, p) * ts;
    for (int j = 0; j < ws; j++)
      for (int k = 0; k < ts; k++) transpose(w + 4 * k * ws + j, ws, to + 4 * j * ts + k, ts);
  }
  EACH_PANEL(CASES2, panel_dense, t, y->outputs, (float *)y->d, 4 * y->stride, 0, x->a + v, x->d + v, x->stride)
}

/** w += x d, summed over the batch: R rows, V vectors. */
INLINE void update_tile(const int R, const int V, vf *w, const float *x, int xs, const vf *d, int ds) {
  vf sum[8][2];
  EACH(r, R) EACH(v, V) sum[r][v] = w[r * V + v];
  for (int s = 0; s < MB; s++, x += xs, d += ds) EACH(r, R) EACH(v, V) sum[r][v] += x[r] * d[v];
  EACH(r, R) EACH(v, V) w[r * V + v] = sum[r][v];
}
INLINE void panel_update(const int V, vf *w, int rows, const float *x, int xs, const vf *d, int ds) {
  const int R = 8 / V;
  int k = 0;
  for (; k + R <= rows; k += R) update_tile(R, V, w + k * V, x + k, xs, d, ds);
  if (k < rows) update_tile(4, V, w + k * V, x + k, xs, d, ds);
}
NOINLINE void dense_update(const Layer *x, const Layer *y) {
  EACH_PANEL(CASES2, panel_update, &y->weights, y->weights.rows, (float *)x->a, 4 * x->stride, y->d + v, y->stride)
}
NOINLINE void update_biases(const Layer *y) {
  for (int v = 0; v < y->stride; v += 4) {
    vf sum[4];
    EACH(i, 4) sum[i] = y->biases[v + i];
    for (int s = 0; s < MB; s++) EACH(i, 4) sum[i] += y->d[s * y->stride + v + i];
    EACH(i, 4) y->biases[v + i] = sum[i];
  }
}

// ---------- training ----------
static void feedforward(const uint32_t *images) {
  first_sums(layers + 1, images);
  activate(layers + 1);
  for (int l = 2; l <= L; l++) dense_sums(layers + l - 1, layers + l), activate(layers + l);
}
static void train_batch(const uint32_t *images, int csc) {
  feedforward(images);
  const Layer *y = layers + L;
  for (int s = 0; s < MB; s++) for (int j = 0; j < y->outputs; j++) {
    float a = ((float *)(y->a + s * y->stride))[j];
    ((float *)(y->d + s * y->stride))[j] = -ETA / MB * (a - (j == labels[images[s]])) * a * (1 - a);
  }
  for (int l = L; l > 1; l--) layer_error(layers + l - 1, layers + l);
  for (int l = L; l > 1; l--) dense_update(layers + l - 1, layers + l);
  for (int l = 1; l <= L; l++) update_biases(layers + l);
  (csc ? first_update_csc : first_update_scatter)(layers + 1, images);
}
static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec + 1e-9 * t.tv_nsec; }
static double train_epoch(int csc) {
  double start = now();
  for (uint32_t i = TRAINING - 1; i > 0; i--) {
    uint32_t j = (uint64_t)random32() * (i + 1) >> 32, t = order[i];
    order[i] = order[j], order[j] = t;
  }
  for (int i = 0; i + MB <= TRAINING; i += MB) {
    for (int s = i + MB; s < i + 2 * MB && s < TRAINING; s++) prefetch(order[s]);
    train_batch(order + i, csc);
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
      const float *a = (float *)(layers[L].a + s * layers[L].stride);
      int best = 0;
      for (int j = 1; j < sizes[L]; j++) if (a[j] > a[best]) best = j;
      correct += best == labels[i + s];
    }
  }
  return (double)correct / TEST;
}

// ---------- check: plain loops in double precision; the biases are the weights of one more input, 1 ----------
static struct { double *w, *gradient, *a, *d; } plain[L + 1];
static void plain_batch(const uint32_t *images) {
  for (int s = 0; s < MB; s++) {
    for (int k = 0; k < PIXELS; k++) plain[0].a[k] = pixels[images[s] * PIXELS + k] / 255.0;
    for (int l = 1; l <= L; l++) for (int j = 0; j < sizes[l]; j++) {
      double z = 0;
      for (int k = 0; k <= sizes[l - 1]; k++) z += plain[l - 1].a[k] * plain[l].w[k * sizes[l] + j];
      plain[l].a[j] = 1 / (1 + exp(-z));
    }
    for (int l = L; l >= 1; l--) for (int j = 0; j < sizes[l]; j++) {
      double a = plain[l].a[j], error = l == L ? a - (j == labels[images[s]]) : 0;
      for (int i = 0; l < L && i < sizes[l + 1]; i++) error += plain[l + 1].w[j * sizes[l + 1] + i] * plain[l + 1].d[i];
      plain[l].d[j] = error * a * (1 - a);
    }
    for (int l = 1; l <= L; l++) for (int k = 0; k <= sizes[l - 1]; k++) for (int j = 0; j < sizes[l]; j++)
      plain[l].gradient[k * sizes[l] + j] += plain[l - 1].a[k] * plain[l].d[j];
  }
  for (int l = 1; l <= L; l++) for (int i = 0; i < (sizes[l - 1] + 1) * sizes[l]; i++)
    plain[l].w[i] -= ETA / MB * plain[l].gradient[i], plain[l].gradient[i] = 0;
}
/** The largest difference of a weight or bias; with copy, takes over those of the fast network. */
static double difference(int copy) {
  double most = 0;
  for (int l = 1; l <= L; l++) for (int k = 0; k <= sizes[l - 1]; k++) for (int j = 0; j < sizes[l]; j++) {
    double fast = *parameter(layers + l, k, j), *w = plain[l].w + k * sizes[l] + j;
    most = fmax(most, fabs(*w - fast));
    if (copy) *w = fast;
  }
  return most;
}
static int check(void) {
  int failed = 0;
  for (int l = 0; l <= L; l++) {
    size_t n = sizes[l], weights = l ? (sizes[l - 1] + 1) * n : 0, bytes = sizeof(double) * (weights + n + 1);
    plain[l].w = zeros(bytes), plain[l].gradient = zeros(bytes);
    plain[l].a = plain[l].w + weights, plain[l].d = plain[l].gradient + weights;
    plain[l].a[n] = 1;
  }
  for (int csc = 0; csc < 2; csc++) {
    initialise();
    difference(1);
    for (int i = 0; i < 20; i++) train_batch(order + i * MB, csc);
    double moved = difference(0);
    for (int i = 0; i < 20; i++) plain_batch(order + i * MB);
    double most = difference(0);
    printf("%s: after 20 batches off by at most %.1e, having moved by up to %.2f\n", csc ? "csc" : "scatter", most,
           moved);
    failed |= !(most < 1e-3 && moved > 1e-2);
  }
  return failed;
}

int main(int count, char **arguments) {
  const char *mode = count > 1 ? arguments[1] : "";
  const int checking = !strcmp(mode, "check"), csc = !strcmp(mode, "csc"), epochs = count > 2 ? atoi(arguments[2]) : 0;
  if (sizes[0] != PIXELS || !(checking || ((csc || !strcmp(mode, "scatter")) && epochs > 0))) {
    fprintf(stderr, "usage: layers scatter|csc EPOCHS, or layers check; 784 inputs\n");
    return 2;
  }
  load_images();
  create();
  initialise();
  for (int i = 0; i < TRAINING; i++) order[i] = i;
  if (checking) return check();
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
