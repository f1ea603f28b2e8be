// Command ductus trains and tests networks on MNIST's IDX files.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"ductus"
)

const usage = "usage: ductus train --data DIR [options], or ductus evaluate --data DIR MODEL"

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "ductus:", err)
		os.Exit(2)
	}
}

func run(args []string) error {
	if len(args) == 0 || args[0] != "train" && args[0] != "evaluate" {
		return errors.New(usage)
	}
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	folder := flags.String("data", "", "folder with MNIST's four IDX files")
	hidden := flags.Int("hidden", 30, "neurons of the hidden layer")
	epochs := flags.Int("epochs", 2, "times through the training data")
	batch := flags.Int("batch-size", 10, "samples in a mini-batch")
	eta := flags.Float64("eta", 2.5, "the learning rate")
	seed := flags.Uint("seed", 1, "of weights and order")
	validation := flags.Int("validation", 10_000, "images held back, the last ones")
	out := flags.String("out", "", "write the model to this file")
	model := ""
	rest := args[1:]
	for len(rest) > 0 { // the model may stand before the flags
		if err := flags.Parse(rest); err != nil {
			return err
		}
		rest = flags.Args()
		if len(rest) > 0 {
			model, rest = rest[0], rest[1:]
		}
	}
	if *folder == "" || (args[0] == "evaluate") != (model != "") {
		return errors.New(usage)
	}
	if args[0] == "evaluate" {
		network, err := ductus.Load(model)
		if err != nil {
			return err
		}
		defer network.Close()
		return report(network, *folder, "")
	}
	data, err := ductus.ReadMNIST(*folder, "train")
	if err != nil {
		return err
	}
	count := len(data.Labels) - *validation
	if *validation < 0 || count < 1 {
		return fmt.Errorf("validation: expected 0 to %d, got %d", len(data.Labels)-1, *validation)
	}
	data = data.Slice(0, count)
	if uint64(*seed) >= 1<<32 {
		return fmt.Errorf("seed: expected a whole number from 0 to 4294967295, got %d", *seed)
	}
	chosen := uint32(*seed)
	network, err := ductus.New([]int{data.Inputs, *hidden, 10}, ductus.Options{Seed: &chosen})
	if err != nil {
		return err
	}
	defer network.Close()
	start := time.Now()
	err = network.Train(data, ductus.Training{Epochs: *epochs, BatchSize: *batch, Eta: *eta}, func(epoch ductus.Epoch) {
		fmt.Printf("epoch %d: cost %.6f, %d of %d\n", epoch.Number, epoch.Cost, epoch.Correct, len(data.Labels))
	})
	if err != nil {
		return err
	}
	rate := float64(*epochs*len(data.Labels)) / time.Since(start).Seconds()
	if err := report(network, *folder, fmt.Sprintf("rate %.0f samples/s\n", rate)); err != nil || *out == "" {
		return err
	}
	return network.Save(*out)
}

func report(network *ductus.Network, folder, more string) error {
	data, err := ductus.ReadMNIST(folder, "t10k")
	if err != nil {
		return err
	}
	correct, err := network.Evaluate(data)
	if err != nil {
		return err
	}
	hash, err := network.Hash()
	if err != nil {
		return err
	}
	fmt.Printf("test %d of %d\n%shash %s\n", correct, len(data.Labels), more, hash)
	return nil
}
