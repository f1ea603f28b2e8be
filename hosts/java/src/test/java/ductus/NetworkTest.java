package ductus;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** The network: the bits of the command line, files both ways, and bad input in one sentence. */
class NetworkTest {
  private static final int[] SIZES = {20, 7, 3};
  private static final Network.Options DEFAULT = Network.Options.DEFAULT;

  /** 200 images of 20 pixels in three classes. */
  private static Dataset made() {
    byte[] images = new byte[4000];
    new Random(1).nextBytes(images);
    int[] labels = new int[200];
    for (int i = 0; i < 4000; i++) {
      labels[i / 20] += Byte.toUnsignedInt(images[i]);
    }
    return new Dataset(images, Arrays.stream(labels).map(sum -> sum / 500 % 3).toArray(), 20);
  }

  private static Network small(Network.Options options) {
    Network network = new Network(SIZES, options);
    network.train(made(), 3, 10, 0.5f, epoch -> {});
    return network;
  }

  private static String hashOf(Network.Options options) {
    try (Network network = small(options)) {
      return network.hash();
    }
  }

  private static void refuses(Class<? extends Exception> kind, String sentence, Executable call) {
    String message = assertThrows(kind, call).getMessage();
    assertTrue(message.contains(sentence), message);
  }

  @Test
  void mnistGivesTheHashOfTheCommandLine() throws IOException {
    String folder = System.getenv("DUCTUS_DATA");
    assumeTrue(folder != null, "needs MNIST's folder in DUCTUS_DATA");
    try (Network network = new Network(new int[] {784, 30, 10}, DEFAULT)) {
      Dataset data = Dataset.readMnist(Path.of(folder), "train").slice(0, 50_000);
      List<Integer> correct = new ArrayList<>();
      network.train(data, 2, 10, 2.5f, epoch -> correct.add(epoch.correct()));
      assertEquals(List.of(45018, 47030), correct);
      assertEquals("d6f971d14ee0f7e9d141bfc38304b7a0e777a4101d7c881d769f621c209d7a54", network.hash());
    }
  }

  @Test
  void equalSettingsGiveEqualBitsAndOthersDoNot() {
    String first = hashOf(DEFAULT);
    assertEquals(first, hashOf(DEFAULT));
    assertNotEquals(first, hashOf(new Network.Options(2, "sigmoid", "quadratic", "scaled")));
    assertNotEquals(first, hashOf(new Network.Options(1, "tanh", "quadratic", "scaled")));
    assertNotEquals(first, hashOf(new Network.Options(1, "sigmoid", "cross-entropy", "scaled")));
    assertNotEquals(first, hashOf(new Network.Options(1, "sigmoid", "quadratic", "he")));
  }

  @Test
  void twoTrainingsAreOne() {
    try (Network network = new Network(SIZES, DEFAULT)) {
      List<Integer> numbers = new ArrayList<>();
      network.train(made(), 1, 10, 0.5f, epoch -> numbers.add(epoch.number()));
      network.train(made(), 2, 10, 0.5f, epoch -> numbers.add(epoch.number()));
      assertEquals(List.of(1, 2, 3), numbers);
      assertEquals(hashOf(DEFAULT), network.hash());
    }
  }

  @Test
  void activationsAreThoseOfTheEquations() {
    Dataset data = made();
    try (Network network = small(DEFAULT)) {
      float[][] all = network.activations(data.images());
      int correct = 0;
      for (int i = 0; i < data.count(); i++) {
        double[] a = new double[20];
        for (int k = 0; k < 20; k++) {
          a[k] = Byte.toUnsignedInt(data.images()[20 * i + k]) / 255.0;
        }
        for (int l = 1; l < SIZES.length; l++) {
          ByteBuffer w = ByteBuffer.wrap(network.parameters(l)).order(ByteOrder.LITTLE_ENDIAN);
          double[] next = new double[SIZES[l]];
          for (int j = 0; j < next.length; j++) {
            double z = w.getFloat(4 * (a.length * next.length + j));
            for (int k = 0; k < a.length; k++) {
              z += w.getFloat(4 * (j * a.length + k)) * a[k];
            }
            next[j] = 1 / (1 + Math.exp(-z));
          }
          a = next;
        }
        int largest = 0;
        for (int j = 0; j < a.length; j++) {
          assertEquals(a[j], all[i][j], 1e-5);
          largest = all[i][j] > all[i][largest] ? j : largest;
        }
        correct += largest == data.labels()[i] ? 1 : 0;
      }
      assertEquals(correct, network.evaluate(data));
    }
  }

  @Test
  void filesKeepAllBits(@TempDir Path folder) throws IOException {
    Path path = folder.resolve("model.safetensors");
    try (Network network = small(new Network.Options(1, "tanh", "quadratic", "scaled"))) {
      Model.save(network, path);
      Model.save(network, path);
      try (Network loaded = Model.load(path)) {
        assertEquals(network.hash(), loaded.hash());
        assertEquals(3, loaded.epochs());
        assertArrayEquals(SIZES, loaded.sizes());
      }
      assertThrows(IOException.class, () -> Model.save(network, path.resolve("in a file")));
    }
    try (var files = Files.list(folder)) {
      assertEquals(1, files.count());
    }
  }

  @Test
  void networksThatCannotBeAreRefused() {
    var wrong = IllegalArgumentException.class;
    refuses(wrong, "sizes: expected 2 layers or more, got 1", () -> new Network(new int[] {20}, DEFAULT));
    refuses(wrong, "(4194304 pixels), got 0 in layer 1", () -> new Network(new int[] {20, 0}, DEFAULT));
    refuses(wrong, "got 4194305 in layer 0", () -> new Network(new int[] {(1 << 22) + 1, 3}, DEFAULT));
    refuses(wrong, "got 70000 in layer 1", () -> new Network(new int[] {20, 70_000}, DEFAULT));
    refuses(wrong, "seed: expected", () -> new Network.Options(-1, "sigmoid", "quadratic", "scaled"));
    refuses(wrong, "activation: expected one of [sigmoid, tanh, relu], got x",
        () -> new Network.Options(1, "x", "quadratic", "scaled"));
    refuses(wrong, "cost: expected one of", () -> new Network.Options(1, "sigmoid", null, "scaled"));
    refuses(wrong, "init: expected one of", () -> new Network.Options(1, "sigmoid", "quadratic", "x"));
    refuses(IllegalStateException.class, "expected room in the module's 4 GiB of memory, got none",
        () -> new Network(new int[] {1 << 22, 1 << 16, 3}, DEFAULT));
  }

  @Test
  void trainingsThatCannotBeAreRefused() {
    Dataset good = made();
    Dataset wrong = made();
    wrong.labels()[7] = 3;
    Dataset narrow = new Dataset(good.images(), good.labels(), 10);
    try (Network network = small(DEFAULT)) {
      String before = network.hash();
      var kind = IllegalArgumentException.class;
      refuses(kind, "at least one image, got none", () -> network.train(good.slice(0, 0), 1, 10, 0.5f, epoch -> {}));
      refuses(kind, "got 4000 bytes of 10", () -> network.train(narrow, 1, 10, 0.5f, epoch -> {}));
      refuses(kind, "expected 0 to 2, got 3 for image 7", () -> network.train(wrong, 1, 10, 0.5f, epoch -> {}));
      refuses(kind, "epochs: expected a whole", () -> network.train(good, 0, 10, 0.5f, epoch -> {}));
      refuses(kind, "batch size: expected a whole", () -> network.train(good, 1, 0, 0.5f, epoch -> {}));
      refuses(kind, "eta: expected a finite number", () -> network.train(good, 1, 10, Float.NaN, epoch -> {}));
      refuses(kind, "images: expected a multiple of 20 pixels, got 19", () -> network.activations(new byte[19]));
      refuses(kind, "layer: expected 1 to 2, got 3", () -> network.parameters(3));
      assertEquals(before, network.hash());
    }
    try (Network network = new Network(SIZES, new Network.Options(1, "relu", "cross-entropy", "scaled"))) {
      refuses(ArithmeticException.class, "epoch 1: weights are no longer finite numbers: lower eta",
          () -> network.train(good, 3, 10, 3e38f, epoch -> {}));
    }
  }

  @Test
  void damagedModelsAreRefused() {
    byte[] whole;
    try (Network network = small(DEFAULT)) {
      whole = Model.encode(network);
    }
    byte[] nan = whole.clone();
    ByteBuffer.wrap(nan).order(ByteOrder.LITTLE_ENDIAN).putFloat(nan.length - 4, Float.NaN);
    List<byte[]> damaged = new ArrayList<>(List.of(new byte[0], nan));
    for (int length : new int[] {7, 100, whole.length - 1}) {
      damaged.add(Arrays.copyOf(whole, length));
    }
    String[][] changes = {
      {"[20,7,3]", "[20,8,3]"}, {"[20,7,3]", "[20,-7,3]"}, {"[20,7,3]", "[4194304,65536,3]"}, {"sigmoid", "sigmoids"},
      {"quadratic", "cubic"}, {"\"seed\":\"1\"", "\"seed\":\"-1\""}, {"\"epochs\":\"3\"", "\"epochs\":\"x\""},
      {"\"epochs\":\"3\"", "\"epochs\":\"-3\""}, {"ductus", "pt"}, {"F32", "F16"}, {"[7,20]", "[20,7]"}, {"{", "["},
      {"[672,684]", "[672,685]"}, {"[672,684]", "[-12,0]"}, {"[672,684]", "[720,732]"}, {"[672,684]", "[672]"},
      {"[672,684]", "7"}
    };
    int start = 8 + (int) ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).getLong();
    for (String[] change : changes) {
      String text = new String(whole, 8, start - 8, StandardCharsets.UTF_8);
      assertTrue(text.contains(change[0]), change[0]);
      byte[] header = text.replace(change[0], change[1]).getBytes(StandardCharsets.UTF_8);
      ByteBuffer file = ByteBuffer.allocate(8 + header.length + whole.length - start).order(ByteOrder.LITTLE_ENDIAN);
      damaged.add(file.putLong(header.length).put(header).put(whole, start, whole.length - start).array());
    }
    for (int i = 0; i < damaged.size(); i++) {
      byte[] file = damaged.get(i);
      assertThrows(IllegalArgumentException.class, () -> Model.decode(file).close(), "file " + i);
    }
  }

  @Test
  void tensorsAreReadInAnyOrder() {
    try (Network network = small(DEFAULT)) {
      byte[] whole = Model.encode(network);
      int start = whole.length - 684;
      // The last bias, of 12 bytes, moves before all others.
      String text = new String(whole, 8, start - 8, StandardCharsets.UTF_8).replace("[672,684]", "[0,12]")
          .replace("[588,672]", "[600,684]").replace("[560,588]", "[572,600]").replace("[0,560]", "[12,572]");
      byte[] header = text.getBytes(StandardCharsets.UTF_8);
      ByteBuffer file = ByteBuffer.allocate(8 + header.length + 684).order(ByteOrder.LITTLE_ENDIAN);
      file.putLong(header.length).put(header).put(whole, start + 672, 12).put(whole, start, 672);
      try (Network again = Model.decode(file.array())) {
        assertEquals(network.hash(), again.hash());
      }
      ByteBuffer negative = file.putFloat(8 + header.length, -0f);
      try (Network again = Model.decode(negative.array())) {
        assertEquals(0, ByteBuffer.wrap(again.parameters(2)).getInt(84));
      }
    }
  }

  @Test
  void idxFilesThatAreNoneAreRefused(@TempDir Path folder) throws IOException {
    byte[] whole = Arrays.copyOf(new byte[] {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2}, 24);
    assertArrayEquals(new int[] {2, 2, 2}, Dataset.parse(whole).shape());
    byte[] floats = whole.clone();
    floats[2] = 13;
    byte[] huge = Arrays.copyOf(new byte[] {0, 0, 8, 4}, 20);
    Arrays.fill(huge, 4, 20, (byte) 0x7f);
    byte[] packed = {0x1f, (byte) 0x8b, 8};
    for (byte[] file : List.of(new byte[0], Arrays.copyOf(whole, 10), Arrays.copyOf(whole, 25), floats, huge, packed)) {
      assertThrows(IOException.class, () -> Dataset.parse(file));
    }
    refuses(IOException.class, "expected train-images-idx3-ubyte or train-images-idx3-ubyte.gz in this folder",
        () -> Dataset.readMnist(folder, "train"));
  }
}
