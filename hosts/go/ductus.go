// Package ductus trains and uses handwritten-digit networks with Ductus' WebAssembly module in wazero: without cgo, and
// with the same bits as `ductus train`. The calls of the module are described in docs/abi.md of its repository.
package ductus

import (
	"context"
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"sync"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

//go:embed ductus.wasm
var wasm []byte

const (
	abiVersion = 1    // the version of the ABI that this host knows
	chunk      = 1000 // images handed over at a time
	padding    = 16   // addImages reads up to 15 bytes past the last pixel
	block      = 64   // images of which the module keeps the activations
)

// ErrMemory says that the module's 4 GiB of memory are used up.
var ErrMemory = errors.New("expected room in the module's 4 GiB of memory, got none")

// compiled is the module, compiled once for all networks.
var compiled = sync.OnceValues(func() (compilation, error) {
	runtime := wazero.NewRuntime(context.Background())
	module, err := runtime.CompileModule(context.Background(), wasm)
	return compilation{runtime, module}, err
})

type compilation struct {
	runtime wazero.Runtime
	module  wazero.CompiledModule
}

// instance is a module of its own for each network. A failure of the runtime is kept: later calls do nothing.
type instance struct {
	ctx    context.Context
	module api.Module
	err    error
}

func newInstance() (*instance, error) {
	ctx := context.Background()
	code, err := compiled()
	if err != nil {
		return nil, fmt.Errorf("ductus.wasm: %w", err)
	}
	module, err := code.runtime.InstantiateModule(ctx, code.module, wazero.NewModuleConfig().WithName(""))
	if err != nil {
		return nil, fmt.Errorf("ductus.wasm: %w", err)
	}
	w := &instance{ctx: ctx, module: module}
	if version := w.call("abiVersion"); version != abiVersion {
		err := fmt.Errorf("ductus.wasm: expected version %d of the ABI, got %d", abiVersion, version)
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

func (w *instance) close() error { return w.module.Close(w.ctx) }

// call calls a function of the module; f32 and f64 are given and returned as their bits.
func (w *instance) call(name string, args ...uint64) uint64 {
	if w.err != nil {
		return 0
	}
	results, err := w.module.ExportedFunction(name).Call(w.ctx, args...)
	if err != nil {
		w.err = fmt.Errorf("%s: %w", name, err)
		return 0
	}
	if len(results) == 0 {
		return 0
	}
	return results[0]
}

// grow calls a function that returns 0 if memory cannot be had.
func (w *instance) grow(name string, args ...uint64) uint64 {
	result := w.call(name, args...)
	if result == 0 && w.err == nil {
		w.err = fmt.Errorf("%s: %w", name, ErrMemory)
	}
	return result
}

func (w *instance) write(address uint64, bytes []byte) {
	if w.err == nil && !w.module.Memory().Write(uint32(address), bytes) {
		w.err = fmt.Errorf("memory: expected %d bytes at %d, got fewer", len(bytes), address)
	}
}

// read copies: the memory may move.
func (w *instance) read(address uint64, count int) []byte {
	view, ok := []byte(nil), false
	if w.err == nil {
		view, ok = w.module.Memory().Read(uint32(address), uint32(count))
	}
	if !ok {
		return make([]byte, count)
	}
	return append([]byte(nil), view...)
}

// takeError returns what failed since the last call.
func (w *instance) takeError() error {
	err := w.err
	if errors.Is(err, ErrMemory) {
		w.err = nil // nothing has changed: the instance can be used on
	}
	return err
}

// addDataset copies checked images and labels into the module. To be released.
func (w *instance) addDataset(data *Dataset) uint64 {
	dataset := w.grow("createDataset", uint64(len(data.Labels)), uint64(data.Inputs))
	size := min(chunk, len(data.Labels)) * data.Inputs
	pixels := w.grow("allocate", uint64(size+padding))
	labels := w.grow("allocate", 2*chunk)
	for first := 0; first < len(data.Labels) && w.err == nil; first += chunk {
		last := min(first+chunk, len(data.Labels))
		w.write(pixels, data.Images[first*data.Inputs:last*data.Inputs])
		w.write(labels, words(data.Labels[first:last]))
		w.grow("addImages", dataset, uint64(first), pixels, labels, uint64(last-first))
	}
	w.call("release", pixels)
	w.call("release", labels)
	return dataset
}

func floats(bytes []byte) []float32 {
	values := make([]float32, len(bytes)/4)
	for i := range values {
		values[i] = math.Float32frombits(binary.LittleEndian.Uint32(bytes[4*i:]))
	}
	return values
}

func words(labels []uint16) []byte {
	bytes := make([]byte, 0, 2*len(labels))
	for _, label := range labels {
		bytes = binary.LittleEndian.AppendUint16(bytes, label)
	}
	return bytes
}
