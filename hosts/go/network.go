package ductus

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"
)

// Options of a new network. The zero value of each member stands for its default.
type Options struct {
	Seed       *uint32 // of the weights and of the order of images; default 1
	Activation string  // of hidden layers: sigmoid (default), tanh, relu
	Cost       string  // quadratic (default), cross-entropy, log-likelihood
	Init       string  // scaled (default), normal, he
}

var (
	activations = []string{"sigmoid", "tanh", "relu"}
	costs       = []string{"quadratic", "cross-entropy", "log-likelihood"}
	inits       = []string{"normal", "scaled", "he"}
)

// A Network of fully connected layers. It may be used by one goroutine at a time, and must be closed.
type Network struct {
	sizes                  []int
	seed                   uint32
	activation, cost, init string
	epochs                 int
	w                      *instance
	network                uint64
}

// New makes a network of layers: pixels (1 to 2^22), hidden layers, classes (1 to 65,536 each). Equal arguments give
// equal bits.
func New(sizes []int, options Options) (*Network, error) {
	if len(sizes) < 2 {
		return nil, fmt.Errorf("sizes: expected 2 layers or more, got %d", len(sizes))
	}
	for l, size := range sizes {
		if most := 1 << 16; size < 1 || size > most && (l > 0 || size > 1<<22) {
			return nil, fmt.Errorf("sizes: expected 1 to 65536 neurons (4194304 pixels), got %d in layer %d", size, l)
		}
	}
	n := &Network{sizes: slices.Clone(sizes), seed: 1}
	if options.Seed != nil {
		n.seed = *options.Seed
	}
	codes := [3]uint64{}
	for i, choice := range []struct {
		name, given, standard string
		all                   []string
		kept                  *string
	}{
		{"activation", options.Activation, "sigmoid", activations, &n.activation},
		{"cost", options.Cost, "quadratic", costs, &n.cost},
		{"init", options.Init, "scaled", inits, &n.init},
	} {
		*choice.kept = choice.given
		if choice.given == "" {
			*choice.kept = choice.standard
		}
		code := slices.Index(choice.all, *choice.kept)
		if code < 0 {
			return nil, fmt.Errorf("%s: expected one of %v, got %q", choice.name, choice.all, choice.given)
		}
		codes[i] = uint64(code)
	}
	w, err := newInstance()
	if err != nil {
		return nil, err
	}
	n.w = w
	list := w.grow("allocate", uint64(4*len(sizes)))
	var bytes []byte
	for _, size := range sizes {
		bytes = append(bytes, byte(size), byte(size>>8), byte(size>>16), byte(size>>24))
	}
	w.write(list, bytes)
	n.network = w.grow("createNetwork", list, uint64(len(sizes)), codes[0], codes[1])
	w.call("release", list)
	w.grow("reserveBatch", n.network, block, 1)
	w.call("initialise", n.network, uint64(n.seed), codes[2])
	if err := w.takeError(); err != nil {
		return nil, errors.Join(fmt.Errorf("network: %w", err), w.close())
	}
	return n, nil
}

// Close frees the memory of the network, which cannot be used any more.
func (n *Network) Close() error { return n.w.close() }

// Epochs is the number of epochs that the network was trained for.
func (n *Network) Epochs() int { return n.epochs }

// Training says how to train.
type Training struct {
	Epochs    int     // 1 or more
	BatchSize int     // m: samples in a mini-batch, 1 to 1,000,000
	Eta       float64 // the learning rate, above 0
}

// Epoch is what an epoch gave.
type Epoch struct {
	Number  int     // from 1
	Cost    float64 // the mean over the samples
	Correct int     // samples read correctly, each before the update of its mini-batch
}

// Train trains by mini-batch stochastic gradient descent and calls report, if it is not nil, after each epoch. It goes
// on from the last epoch trained: the same bits as in one call.
func (n *Network) Train(data *Dataset, training Training, report func(Epoch)) error {
	if err := data.check(n.sizes[0], n.sizes[len(n.sizes)-1]); err != nil {
		return err
	}
	m, eta, count := training.BatchSize, training.Eta, len(data.Labels)
	if training.Epochs < 1 || training.Epochs > 1_000_000 {
		return fmt.Errorf("epochs: expected a whole number from 1 to 1000000, got %d", training.Epochs)
	}
	if m < 1 || m > 1_000_000 {
		return fmt.Errorf("batch size: expected a whole number from 1 to 1000000, got %d", m)
	}
	if !(eta > 0 && eta <= 3.4e38) {
		return fmt.Errorf("eta: expected a number above 0, up to 3.4e38, got %v", eta)
	}
	w := n.w
	w.grow("reserveBatch", n.network, uint64(max(block, min(m, count))), 1)
	set := w.addDataset(data)
	defer w.call("releaseDataset", set)
	batches := uint64((count + m - 1) / m)
	for range training.Epochs {
		w.call("shuffle", set, uint64(n.seed), uint64(n.epochs+1))
		w.call("trainBatches", n.network, set, 0, batches, uint64(math.Float32bits(float32(eta))), uint64(m))
		finite := w.call("allFinite", n.network)
		if err := w.takeError(); err != nil {
			return err
		}
		if finite == 0 {
			return fmt.Errorf("epoch %d: weights are no longer finite numbers: lower eta (%v)", n.epochs+1, eta)
		}
		n.epochs++
		if report != nil {
			cost := math.Float64frombits(w.call("sumCosts", set, 0, uint64(count))) / float64(count)
			report(Epoch{n.epochs, cost, int(w.call("countCorrect", set))})
		}
	}
	return w.takeError()
}

// Evaluate returns how many images are read correctly.
func (n *Network) Evaluate(data *Dataset) (int, error) {
	if err := data.check(n.sizes[0], n.sizes[len(n.sizes)-1]); err != nil {
		return 0, err
	}
	set := n.w.addDataset(data)
	correct := n.w.call("evaluate", n.network, set)
	n.w.call("releaseDataset", set)
	return int(correct), n.w.takeError()
}

// Predict returns the most active output for each image, the first of equals, and the activations of all outputs,
// [images][classes], 0 to 1.
func (n *Network) Predict(images []byte) (labels []int, activations [][]float32, err error) {
	inputs, last, w := n.sizes[0], len(n.sizes)-1, n.w
	if len(images) == 0 || len(images)%inputs != 0 {
		return nil, nil, fmt.Errorf("images: expected a multiple of %d pixels, got %d", inputs, len(images))
	}
	for first := 0; first < len(images); first += block * inputs {
		part := images[first:min(first+block*inputs, len(images))]
		count := len(part) / inputs
		set := w.addDataset(&Dataset{part, make([]uint16, count), inputs})
		w.call("evaluate", n.network, set)
		for s := range count {
			a := floats(w.read(w.call("activations", n.network, uint64(last), uint64(s)), 4*n.sizes[last]))
			activations = append(activations, a)
			labels = append(labels, slices.Index(a, slices.Max(a)))
		}
		w.call("releaseDataset", set)
	}
	return labels, activations, w.takeError()
}

// Parameters returns the bytes of layer l, from 1: weights, f32[outputs][inputs], then biases, f32[outputs].
func (n *Network) Parameters(l int) ([]byte, error) {
	if l < 1 || l >= len(n.sizes) {
		return nil, fmt.Errorf("layer: expected 1 to %d, got %d", len(n.sizes)-1, l)
	}
	weights, size := 4*n.sizes[l-1]*n.sizes[l], 4*(n.sizes[l-1]+1)*n.sizes[l]
	at := n.w.grow("allocate", uint64(size))
	n.w.call("readLayer", n.network, uint64(l), 0, at, at+uint64(weights))
	bytes := n.w.read(at, size)
	n.w.call("release", at)
	return bytes, n.w.takeError()
}

// Hash returns the SHA-256 of all parameters, in hexadecimal, as `ductus train` prints it.
func (n *Network) Hash() (string, error) {
	hash := sha256.New()
	for l := 1; l < len(n.sizes); l++ {
		bytes, err := n.Parameters(l)
		if err != nil {
			return "", err
		}
		hash.Write(bytes)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}
