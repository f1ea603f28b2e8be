package ductus

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

// tensor is an entry of a safetensors header.
type tensor struct {
	DType   string `json:"dtype"`
	Shape   []int  `json:"shape"`
	Offsets []int  `json:"data_offsets"`
}

// plainDescent is how Ductus writes the method of training.
const plainDescent = `{"optimizer":"sgd","momentum":0,"beta":0,"epsilon":0,"weightDecay":0,"average":0,` +
	`"labelSmoothing":0,"dropout":0,"keepBest":false}`

// tensors gives the names and places of the parameters: PyTorch's, of a Sequential of Linear layers.
func (n *Network) tensors() (names []string, entries map[string]tensor, size int) {
	entries = map[string]tensor{}
	for l := 1; l < len(n.sizes); l++ {
		for _, one := range []struct {
			name  string
			shape []int
		}{{"weight", []int{n.sizes[l], n.sizes[l-1]}}, {"bias", []int{n.sizes[l]}}} {
			count := one.shape[0]
			if len(one.shape) > 1 {
				count *= one.shape[1]
			}
			name := fmt.Sprintf("%d.%s", 2*(l-1), one.name)
			names = append(names, name)
			entries[name] = tensor{"F32", one.shape, []int{size, size + 4*count}}
			size += 4 * count
		}
	}
	return names, entries, size
}

// Encode returns the network as a safetensors file, which Ductus and PyTorch load.
func (n *Network) Encode() ([]byte, error) {
	sizes, _ := json.Marshal(n.sizes)
	header := map[string]any{"__metadata__": map[string]string{
		"format": "ductus", "version": "1", "layers": string(sizes), "activation": n.activation, "cost": n.cost,
		"initial_weights": n.init, "method": plainDescent, "seed": strconv.FormatUint(uint64(n.seed), 10),
		"epochs": strconv.Itoa(n.epochs),
	}}
	_, entries, _ := n.tensors()
	for name, entry := range entries {
		header[name] = entry
	}
	text, err := json.Marshal(header)
	if err != nil {
		return nil, err
	}
	for len(text)%8 != 0 {
		text = append(text, ' ')
	}
	file := append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...)
	for l := 1; l < len(n.sizes); l++ {
		bytes, err := n.Parameters(l)
		if err != nil {
			return nil, err
		}
		file = append(file, bytes...)
	}
	return file, nil
}

// Save writes Encode's file. An old one stays until the new one is whole.
func (n *Network) Save(path string) error {
	file, err := n.Encode()
	if err != nil {
		return err
	}
	partial, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.part")
	if err != nil {
		return err
	}
	_, err = partial.Write(file)
	if err = errors.Join(err, partial.Close()); err == nil {
		err = os.Rename(partial.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(partial.Name()))
	}
	return nil
}

// Load reads a file that Save wrote.
func Load(path string) (*Network, error) {
	file, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	n, err := Decode(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return n, nil
}

// Decode makes the network of a safetensors file that Encode or Ductus wrote. Nothing in it is trusted.
func Decode(file []byte) (*Network, error) {
	if len(file) < 8 || binary.LittleEndian.Uint64(file) > uint64(len(file)-8) {
		return nil, errors.New("expected a safetensors file, got one that is truncated or none")
	}
	text := file[8 : 8+binary.LittleEndian.Uint64(file)]
	data := file[8+len(text):]
	var header map[string]json.RawMessage
	if err := json.Unmarshal(text, &header); err != nil {
		return nil, fmt.Errorf("expected a safetensors header in JSON, got something else (%w)", err)
	}
	var own map[string]string
	var sizes []int
	if json.Unmarshal(header["__metadata__"], &own) != nil || json.Unmarshal([]byte(own["layers"]), &sizes) != nil ||
		own["format"] != "ductus" || own["version"] != "1" {
		return nil, errors.New(`expected the metadata of a Ductus model ("format":"ductus"), got others`)
	}
	seed, err := strconv.ParseUint(own["seed"], 10, 32)
	epochs, more := strconv.ParseUint(own["epochs"], 10, 31)
	if err = errors.Join(err, more); err != nil {
		return nil, fmt.Errorf("metadata: expected whole numbers for seed and epochs, got others (%w)", err)
	}
	if own["activation"] == "" || own["cost"] == "" || own["initial_weights"] == "" {
		return nil, errors.New("metadata: expected activation, cost and initial_weights, got less")
	}
	if !fits(sizes, len(data)) {
		return nil, fmt.Errorf("expected parameters of the layers %v, got %d bytes", sizes, len(data))
	}
	chosen := uint32(seed)
	n, err := New(sizes, Options{&chosen, own["activation"], own["cost"], own["initial_weights"]})
	if err != nil {
		return nil, err
	}
	n.epochs = int(epochs)
	if err := n.decode(header, data); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return n, nil
}

// fits says whether so many bytes can hold the parameters, before memory is taken for a network.
func fits(sizes []int, bytes int) bool {
	needed := 0
	for l := 1; l < len(sizes); l++ {
		if sizes[l] < 1 || sizes[l-1] < 1 || sizes[l] > bytes || sizes[l-1] > bytes/sizes[l] {
			return false
		}
		needed += 4 * (sizes[l-1] + 1) * sizes[l]
	}
	return needed <= bytes
}

func (n *Network) decode(header map[string]json.RawMessage, data []byte) error {
	names, entries, _ := n.tensors()
	parts := map[string][]byte{}
	for _, name := range names {
		var got tensor
		expected := entries[name]
		size := expected.Offsets[1] - expected.Offsets[0]
		// Writers order tensors as they like.
		err := json.Unmarshal(header[name], &got)
		if err != nil || got.DType != "F32" || !slices.Equal(got.Shape, expected.Shape) || len(got.Offsets) != 2 ||
			got.Offsets[0] < 0 || got.Offsets[1] > len(data) || got.Offsets[1]-got.Offsets[0] != size {
			return fmt.Errorf("tensor %s: expected F32 %v in %d bytes, got %s", name, expected.Shape, size, header[name])
		}
		parts[name] = slices.Clone(data[got.Offsets[0]:got.Offsets[1]])
		for i, value := range floats(parts[name]) {
			if value == 0 { // -0 becomes 0, as in Ductus
				copy(parts[name][4*i:], []byte{0, 0, 0, 0})
			}
			if math.IsNaN(float64(value)) || math.IsInf(float64(value), 0) {
				return fmt.Errorf("tensor %s: expected finite numbers, got %v in place %d", name, value, i)
			}
		}
	}
	for l := 1; l < len(n.sizes); l++ {
		weights, biases := parts[names[2*l-2]], parts[names[2*l-1]]
		at := n.w.grow("allocate", uint64(len(weights)+len(biases)))
		n.w.write(at, weights)
		n.w.write(at+uint64(len(weights)), biases)
		n.w.call("writeLayer", n.network, uint64(l), 0, at, at+uint64(len(weights)))
		n.w.call("release", at)
	}
	return n.w.takeError()
}
