package ductus

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// made returns 200 images of 20 pixels in three classes.
func made() *Dataset {
	random := rand.New(rand.NewPCG(1, 2))
	data := &Dataset{Inputs: 20}
	for range 200 {
		sum := 0
		for range 20 {
			pixel := random.IntN(256)
			data.Images = append(data.Images, byte(pixel))
			sum += pixel
		}
		data.Labels = append(data.Labels, uint16(sum/500%3))
	}
	return data
}

func small(t testing.TB, options Options) *Network {
	t.Helper()
	n, err := New([]int{20, 7, 3}, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	if err := n.Train(made(), Training{3, 10, 0.5}, nil); err != nil {
		t.Fatal(err)
	}
	return n
}

func hashOf(t testing.TB, n *Network) string {
	t.Helper()
	hash, err := n.Hash()
	if err != nil {
		t.Fatal(err)
	}
	return hash
}

func TestMNISTGivesTheHashOfTheCommandLine(t *testing.T) {
	folder := os.Getenv("DUCTUS_DATA")
	if folder == "" {
		t.Skip("needs MNIST's folder in DUCTUS_DATA")
	}
	data, err := ReadMNIST(folder, "train")
	if err != nil {
		t.Fatal(err)
	}
	n, err := New([]int{784, 30, 10}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	var correct []int
	report := func(epoch Epoch) { correct = append(correct, epoch.Correct) }
	if err := n.Train(data.Slice(0, 50_000), Training{2, 10, 2.5}, report); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(correct) != "[45018 47030]" {
		t.Errorf("correct: %v", correct)
	}
	if hash := hashOf(t, n); hash != "d6f971d14ee0f7e9d141bfc38304b7a0e777a4101d7c881d769f621c209d7a54" {
		t.Error(hash)
	}
}

func TestEqualSettingsGiveEqualBits(t *testing.T) {
	seed := uint32(2)
	if hashOf(t, small(t, Options{})) != hashOf(t, small(t, Options{Activation: "sigmoid", Init: "scaled"})) {
		t.Error("two hashes")
	}
	hashes := map[string]bool{}
	for _, options := range []Options{{}, {Seed: &seed}, {Activation: "tanh"}, {Cost: "cross-entropy"}, {Init: "he"}} {
		hashes[hashOf(t, small(t, options))] = true
	}
	if len(hashes) != 5 {
		t.Error(hashes)
	}
}

func TestTwoTrainingsAreOne(t *testing.T) {
	n, err := New([]int{20, 7, 3}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	var numbers []int
	for _, epochs := range []int{1, 2} {
		err := n.Train(made(), Training{epochs, 10, 0.5}, func(e Epoch) { numbers = append(numbers, e.Number) })
		if err != nil {
			t.Fatal(err)
		}
	}
	if fmt.Sprint(numbers) != "[1 2 3]" || hashOf(t, n) != hashOf(t, small(t, Options{})) {
		t.Error(numbers)
	}
}

func TestActivationsAreThoseOfTheEquations(t *testing.T) {
	n, data := small(t, Options{}), made()
	labels, activations, err := n.Predict(data.Images)
	if err != nil {
		t.Fatal(err)
	}
	correct := 0
	for i := range data.Labels {
		a := make([]float64, 20)
		for k := range a {
			a[k] = float64(data.Images[20*i+k]) / 255
		}
		for l := 1; l < 3; l++ {
			bytes, err := n.Parameters(l)
			if err != nil {
				t.Fatal(err)
			}
			w, out := floats(bytes), n.sizes[l]
			next := make([]float64, out)
			for j := range next {
				z := float64(w[out*len(a)+j])
				for k := range a {
					z += float64(w[j*len(a)+k]) * a[k]
				}
				next[j] = 1 / (1 + math.Exp(-z))
			}
			a = next
		}
		for j := range a {
			if math.Abs(a[j]-float64(activations[i][j])) > 1e-5 {
				t.Fatalf("image %d: expected %v, got %v", i, a, activations[i])
			}
		}
		if labels[i] == int(data.Labels[i]) {
			correct++
		}
	}
	if got, err := n.Evaluate(data); err != nil || got != correct {
		t.Errorf("expected %d correct, got %d (%v)", correct, got, err)
	}
}

func TestFilesKeepAllBits(t *testing.T) {
	n, path := small(t, Options{Activation: "tanh"}), filepath.Join(t.TempDir(), "model.safetensors")
	for range 2 { // the second replaces the first
		if err := n.Save(path); err != nil {
			t.Fatal(err)
		}
	}
	loaded, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	defer loaded.Close()
	if hashOf(t, loaded) != hashOf(t, n) || loaded.Epochs() != 3 {
		t.Error("not the same network")
	}
	files, _ := os.ReadDir(filepath.Dir(path))
	if len(files) != 1 {
		t.Errorf("expected one file, got %v", files)
	}
	if err := n.Save(filepath.Join(path, "in a file")); err == nil {
		t.Error("saved within a file")
	}
}

func expectError(t *testing.T, err error, sentence string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), sentence) {
		t.Errorf("expected an error %q, got %v", sentence, err)
	}
}

func TestRefusesNetworksThatCannotBe(t *testing.T) {
	for sentence, c := range map[string]struct {
		sizes   []int
		options Options
	}{
		"sizes: expected 2 layers or more, got 1":                    {[]int{20}, Options{}},
		"expected 1 to 65536 neurons (4194304 pixels), got 0 in":     {[]int{20, 0, 3}, Options{}},
		"expected 1 to 65536 neurons (4194304 pixels), got 70000 in": {[]int{20, 70000}, Options{}},
		"pixels), got 4194305 in layer 0":                            {[]int{1<<22 + 1, 3}, Options{}},
		"activation: expected one of [sigmoid tanh relu], got":       {[]int{20, 3}, Options{Activation: "x"}},
		"cost: expected one of [quadratic cross-entropy log":         {[]int{20, 3}, Options{Cost: "x"}},
		"init: expected one of [normal scaled he], got \"x\"":        {[]int{20, 3}, Options{Init: "x"}},
		"expected room in the module's 4 GiB of memory, got none":    {[]int{1 << 22, 1 << 16, 3}, Options{}},
	} {
		_, err := New(c.sizes, c.options)
		expectError(t, err, sentence)
	}
}

func TestRefusesTrainingsThatCannotBe(t *testing.T) {
	n := small(t, Options{})
	before := hashOf(t, n)
	good, usual := made(), Training{1, 10, 0.5}
	wrong := made()
	wrong.Labels[7] = 3
	for _, c := range []struct {
		data     *Dataset
		training Training
		sentence string
	}{
		{nil, usual, "data: expected at least one image, got none"},
		{&Dataset{Inputs: 20}, usual, "data: expected at least one image, got none"},
		{&Dataset{good.Images, good.Labels, 10}, usual, "data: expected 200 images of 20 pixels, got 4000 bytes of 10"},
		{&Dataset{good.Images[1:], good.Labels, 20}, usual, "data: expected 200 images of 20 pixels, got 3999 bytes"},
		{wrong, usual, "labels: expected 0 to 2, got 3 for image 7"},
		{good, Training{0, 10, 0.5}, "epochs: expected a whole number from 1 to 1000000, got 0"},
		{good, Training{1, 0, 0.5}, "batch size: expected a whole number from 1 to 1000000, got 0"},
		{good, Training{1, 10, math.NaN()}, "eta: expected a number above 0, up to 3.4e38, got NaN"},
		{good, Training{1, 10, -1}, "eta: expected a number above 0, up to 3.4e38, got -1"},
	} {
		expectError(t, n.Train(c.data, c.training, nil), c.sentence)
	}
	_, _, err := n.Predict(good.Images[1:])
	expectError(t, err, "images: expected a multiple of 20 pixels, got 3999")
	_, err = n.Parameters(3)
	expectError(t, err, "layer: expected 1 to 2, got 3")
	if hashOf(t, n) != before {
		t.Error("the network has changed")
	}
}

func TestSaysThatEtaIsTooLarge(t *testing.T) {
	n, err := New([]int{20, 7, 3}, Options{Activation: "relu", Cost: "cross-entropy"})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	err = n.Train(made(), Training{3, 10, 3e38}, nil)
	expectError(t, err, "epoch 1: weights are no longer finite numbers: lower eta")
}

func TestRefusesDamagedModels(t *testing.T) {
	whole, err := small(t, Options{}).Encode()
	if err != nil {
		t.Fatal(err)
	}
	length := 8 + binary.LittleEndian.Uint64(whole)
	changed := func(path, key string, value any) []byte {
		var header map[string]map[string]any
		if err := json.Unmarshal(whole[8:length], &header); err != nil {
			t.Fatal(err)
		}
		header[path][key] = value
		text, _ := json.Marshal(header)
		file := append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...)
		return append(file, whole[length:]...)
	}
	nan := bytes.Clone(whole)
	copy(nan[len(nan)-4:], []byte{0, 0, 0xc0, 0x7f})
	const own = "__metadata__"
	for i, file := range [][]byte{
		nil, whole[:7], whole[:100], whole[:len(whole)-1], bytes.Repeat([]byte{255}, 100), nan,
		changed(own, "layers", "[20,8,3]"), changed(own, "layers", "[20,-7,3]"), changed(own, "layers", "[[20]]"),
		changed(own, "layers", "[4194304,65536,3]"), changed(own, "activation", "x"), changed(own, "cost", ""),
		changed(own, "seed", "-1"), changed(own, "epochs", "x"), changed(own, "format", "pt"),
		changed("0.weight", "dtype", "F16"), changed("0.weight", "shape", []int{20, 7}),
		changed("2.bias", "data_offsets", []int{0, 16}), changed("2.bias", "data_offsets", []int{-4, 8}),
		changed("2.bias", "data_offsets", []int{720, 732}), changed("2.bias", "data_offsets", []int{0}),
	} {
		if n, err := Decode(file); err == nil {
			n.Close()
			t.Errorf("file %d was loaded", i)
		}
	}
}

func TestReadsTensorsInAnyOrder(t *testing.T) {
	n := small(t, Options{})
	whole, err := n.Encode()
	if err != nil {
		t.Fatal(err)
	}
	length := 8 + int(binary.LittleEndian.Uint64(whole))
	// The last bias, of 12 bytes, moves before all others.
	text := string(whole[8:length])
	for _, move := range [][2]string{{"[0,560]", "[12,572]"}, {"[560,588]", "[572,600]"}, {"[588,672]", "[600,684]"},
		{"[672,684]", "[0,12]"}} {
		text = strings.Replace(text, move[0], move[1], 1)
	}
	data := bytes.Clone(whole[length:])
	copy(data[680:], []byte{0, 0, 0, 0x80}) // -0 is read as 0
	file := append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...)
	file = append(append(file, data[672:]...), data[:672]...)
	again, err := Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	for l := 1; l < 3; l++ {
		expected, _ := n.Parameters(l)
		got, _ := again.Parameters(l)
		if l == 2 {
			copy(expected[len(expected)-4:], []byte{0, 0, 0, 0})
		}
		if !bytes.Equal(expected, got) {
			t.Errorf("layer %d: expected %v, got %v", l, floats(expected), floats(got))
		}
	}
}

func TestIDXFilesThatAreNone(t *testing.T) {
	whole := append([]byte{0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2}, make([]byte, 8)...)
	huge := append([]byte{0, 0, 8, 4}, bytes.Repeat([]byte{255}, 16)...)
	for i, file := range [][]byte{nil, {0, 0, 8}, whole[:10], whole[:23], append(bytes.Clone(whole), 1), huge,
		{0x1f, 0x8b, 8}, append([]byte{0, 0, 13}, whole[3:]...)} {
		if _, _, err := ParseIDX(file); err == nil {
			t.Errorf("file %d was read", i)
		}
	}
	if shape, contents, err := ParseIDX(whole); err != nil || fmt.Sprint(shape) != "[2 2 2]" || len(contents) != 8 {
		t.Error(shape, contents, err)
	}
	_, err := ReadMNIST(t.TempDir(), "train")
	expectError(t, err, "expected train-images-idx3-ubyte or train-images-idx3-ubyte.gz in ")
}

func FuzzDecode(f *testing.F) {
	whole, err := small(f, Options{}).Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Fuzz(func(t *testing.T, file []byte) {
		if n, err := Decode(file); err == nil {
			n.Close()
		}
	})
}

func FuzzParseIDX(f *testing.F) {
	f.Add([]byte{0, 0, 8, 1, 0, 0, 0, 1, 7})
	f.Fuzz(func(t *testing.T, file []byte) {
		if shape, contents, err := ParseIDX(file); err == nil && len(shape) == 1 && shape[0] != len(contents) {
			t.Error(shape, len(contents))
		}
	})
}
