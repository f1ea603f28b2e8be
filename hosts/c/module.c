#include "module.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <wasm.h>

// ductus.wasm, linked in by the Makefile.
extern const char _binary_ductus_wasm_start[], _binary_ductus_wasm_end[];

enum {
  ABI_VERSION = 1, // the version of the ABI that this host knows
  CHUNK = 1000,    // images handed over at a time
  PADDING = 16,    // addImages reads up to 15 bytes past the last pixel
  MOST_ARGUMENTS = 16
};

struct module {
  wasm_engine_t *engine;
  wasm_store_t *store;
  wasm_module_t *code;
  wasm_instance_t *instance;
  wasm_exporttype_vec_t types;
  wasm_extern_vec_t exports;
  wasm_memory_t *memory;
  wasm_val_t result;
};

static _Thread_local char sentence[512];

const char *ductus_error(void) { return sentence; }

bool fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(sentence, sizeof sentence, format, arguments);
  va_end(arguments);
  return false;
}

static wasm_extern_t *find(module *m, const char *name) {
  for (size_t i = 0; i < m->types.size; i++) {
    const wasm_name_t *own = wasm_exporttype_name(m->types.data[i]);
    if (own->size == strlen(name) && memcmp(own->data, name, own->size) == 0) return m->exports.data[i];
  }
  return NULL;
}

module *module_new(void) {
  module *m = calloc(1, sizeof *m);
  if (m == NULL) return fail("expected memory for a module, got none"), NULL;
  wasm_byte_vec_t bytes;
  wasm_byte_vec_new(&bytes, (size_t)(_binary_ductus_wasm_end - _binary_ductus_wasm_start), _binary_ductus_wasm_start);
  m->engine = wasm_engine_new();
  m->store = wasm_store_new(m->engine);
  m->code = wasm_module_new(m->store, &bytes);
  wasm_byte_vec_delete(&bytes);
  if (m->code == NULL) return fail("ductus.wasm: expected a module that compiles, got another"), module_free(m), NULL;
  wasm_extern_vec_t none = WASM_EMPTY_VEC;
  m->instance = wasm_instance_new(m->store, m->code, &none, NULL);
  if (m->instance == NULL) return fail("ductus.wasm: expected an instance, got none"), module_free(m), NULL;
  wasm_module_exports(m->code, &m->types);
  wasm_instance_exports(m->instance, &m->exports);
  wasm_extern_t *memory = find(m, "memory");
  m->memory = memory == NULL ? NULL : wasm_extern_as_memory(memory);
  if (m->memory == NULL || !module_call(m, "abiVersion", "") || module_result(m) != ABI_VERSION) {
    fail("ductus.wasm: expected version %d of the ABI, got another: use its own host", ABI_VERSION);
    module_free(m);
    return NULL;
  }
  return m;
}

void module_free(module *m) {
  if (m == NULL) return;
  wasm_extern_vec_delete(&m->exports);
  wasm_exporttype_vec_delete(&m->types);
  if (m->instance != NULL) wasm_instance_delete(m->instance);
  if (m->code != NULL) wasm_module_delete(m->code);
  if (m->store != NULL) wasm_store_delete(m->store);
  if (m->engine != NULL) wasm_engine_delete(m->engine);
  free(m);
}

static bool call(module *m, const char *name, const char *types, va_list arguments) {
  wasm_extern_t *export = find(m, name);
  wasm_func_t *function = export == NULL ? NULL : wasm_extern_as_func(export);
  if (function == NULL) return fail("ductus.wasm: expected a function %s, got none", name);
  wasm_val_t values[MOST_ARGUMENTS];
  size_t count = 0;
  for (; types[count] != '\0'; count++) {
    values[count] = types[count] == 'f' ? (wasm_val_t)WASM_F32_VAL((float)va_arg(arguments, double))
                                        : (wasm_val_t)WASM_I32_VAL((int32_t)va_arg(arguments, uint32_t));
  }
  wasm_val_vec_t given = {count, values};
  wasm_val_vec_t results = {wasm_func_result_arity(function), &m->result};
  wasm_trap_t *trap = wasm_func_call(function, &given, &results);
  if (trap == NULL) return true;
  wasm_trap_delete(trap);
  return fail("%s: expected a result, got a trap", name);
}

bool module_call(module *m, const char *name, const char *types, ...) {
  va_list arguments;
  va_start(arguments, types);
  bool done = call(m, name, types, arguments);
  va_end(arguments);
  return done;
}

uint32_t module_result(const module *m) { return (uint32_t)m->result.of.i32; }

double module_number(const module *m) { return m->result.of.f64; }

uint32_t module_grow(module *m, const char *name, const char *types, ...) {
  va_list arguments;
  va_start(arguments, types);
  bool done = call(m, name, types, arguments);
  va_end(arguments);
  if (!done) return 0;
  if (module_result(m) == 0) fail("%s: expected room in the module's 4 GiB of memory, got none", name);
  return module_result(m);
}

uint8_t *module_bytes(module *m, uint32_t address, size_t count) {
  size_t size = wasm_memory_data_size(m->memory);
  if (address > size || count > size - address) return fail("memory: expected %zu bytes, got fewer", count), NULL;
  return (uint8_t *)wasm_memory_data(m->memory) + address;
}

static bool add_images(module *m, uint32_t dataset, uint32_t pixels, uint32_t classes, const uint8_t *images,
                       const uint16_t *labels, size_t count, size_t inputs) {
  for (size_t first = 0; first < count; first += CHUNK) {
    size_t n = count - first < CHUNK ? count - first : CHUNK;
    uint8_t *room = module_bytes(m, pixels, n * inputs);
    if (room == NULL) return false;
    memcpy(room, images + first * inputs, n * inputs);
    uint8_t *words = module_bytes(m, classes, 2 * n);
    if (words == NULL) return false;
    for (size_t i = 0; i < n; i++) {
      words[2 * i] = (uint8_t)labels[first + i];
      words[2 * i + 1] = (uint8_t)(labels[first + i] >> 8);
    }
    if (module_grow(m, "addImages", "iiiii", dataset, (uint32_t)first, pixels, classes, (uint32_t)n) == 0) return false;
  }
  return true;
}

uint32_t module_add_dataset(module *m, const uint8_t *images, const uint16_t *labels, size_t count, size_t inputs) {
  uint32_t dataset = module_grow(m, "createDataset", "ii", (uint32_t)count, (uint32_t)inputs);
  if (dataset == 0) return 0;
  uint32_t pixels = module_grow(m, "allocate", "i", (uint32_t)((count < CHUNK ? count : CHUNK) * inputs + PADDING));
  uint32_t classes = pixels == 0 ? 0 : module_grow(m, "allocate", "i", (uint32_t)(2 * CHUNK));
  bool added = classes != 0 && add_images(m, dataset, pixels, classes, images, labels, count, inputs);
  if (pixels != 0) module_call(m, "release", "i", pixels);
  if (classes != 0) module_call(m, "release", "i", classes);
  if (!added) module_call(m, "releaseDataset", "i", dataset);
  return added ? dataset : 0;
}
