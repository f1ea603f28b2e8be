package ductus

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// A Dataset holds labelled images.
type Dataset struct {
	Images []byte   // [n][Inputs], 0 to 255
	Labels []uint16 // [n]
	Inputs int      // pixels of an image
}

// Slice returns the images from..to-1, without copying them.
func (d *Dataset) Slice(from, to int) *Dataset {
	return &Dataset{d.Images[from*d.Inputs : to*d.Inputs], d.Labels[from:to], d.Inputs}
}

func (d *Dataset) check(inputs, outputs int) error {
	if d == nil || len(d.Labels) == 0 {
		return errors.New("data: expected at least one image, got none")
	}
	if d.Inputs != inputs || len(d.Images) != inputs*len(d.Labels) {
		return fmt.Errorf("data: expected %d images of %d pixels, got %d bytes of %d",
			len(d.Labels), inputs, len(d.Images), d.Inputs)
	}
	for i, label := range d.Labels {
		if int(label) >= outputs {
			return fmt.Errorf("labels: expected 0 to %d, got %d for image %d", outputs-1, label, i)
		}
	}
	return nil
}

const mostUnpacked = 1 << 32

// ParseIDX reads an IDX file of bytes, plain or gzip: its lengths, and its contents.
func ParseIDX(file []byte) (shape []int, contents []byte, err error) {
	if bytes.HasPrefix(file, []byte{0x1f, 0x8b}) {
		reader, err := gzip.NewReader(bytes.NewReader(file))
		if err == nil {
			file, err = io.ReadAll(io.LimitReader(reader, mostUnpacked))
		}
		if err != nil {
			return nil, nil, fmt.Errorf("expected a whole gzip file, got a damaged one (%w)", err)
		}
	}
	if len(file) < 4 || !bytes.HasPrefix(file, []byte{0, 0, 8}) || file[3] == 0 || file[3] > 4 || len(file) < 4+4*int(file[3]) {
		return nil, nil, fmt.Errorf("expected an IDX file of bytes (00 00 08 ...), got % x", file[:min(4, len(file))])
	}
	contents = file[4+4*int(file[3]):]
	expected := 1
	for i := 0; i < int(file[3]); i++ {
		n := int(binary.BigEndian.Uint32(file[4+4*i:]))
		shape = append(shape, n)
		if expected > 0 && n > mostUnpacked/expected {
			return nil, nil, fmt.Errorf("expected less than 4 GiB of data, got %v", shape)
		}
		expected *= n
	}
	if len(contents) != expected {
		return nil, nil, fmt.Errorf("expected %d bytes of data for %v, got %d", expected, shape, len(contents))
	}
	return shape, contents, nil
}

// ReadMNIST reads the images and labels of "train" or "t10k" in a folder of IDX files, plain or with .gz.
func ReadMNIST(folder, kind string) (*Dataset, error) {
	shape, images, err := readIDX(folder, kind+"-images-idx3-ubyte", 3)
	if err != nil {
		return nil, err
	}
	_, labels, err := readIDX(folder, kind+"-labels-idx1-ubyte", 1)
	if err != nil {
		return nil, err
	}
	if len(labels) != shape[0] {
		return nil, fmt.Errorf("%s: expected a label for each of %d images, got %d", folder, shape[0], len(labels))
	}
	data := &Dataset{Images: images, Labels: make([]uint16, len(labels)), Inputs: shape[1] * shape[2]}
	for i, label := range labels {
		data.Labels[i] = uint16(label)
	}
	return data, nil
}

func readIDX(folder, name string, dimensions int) ([]int, []byte, error) {
	path := filepath.Join(folder, name)
	file, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		path += ".gz"
		file, err = os.ReadFile(path)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("expected %s or %s.gz in %s: %w", name, name, folder, err)
	}
	shape, contents, err := ParseIDX(file)
	if err == nil && len(shape) != dimensions {
		err = fmt.Errorf("expected %d dimensions, got %d", dimensions, len(shape))
	}
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return shape, contents, nil
}
