package ductus;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;

/** A network of fully connected layers. It is for one thread at a time, and must be closed. */
public final class Network implements AutoCloseable {
  /** Images of which the module keeps the activations. */
  private static final int BLOCK = 64;

  static final List<String> ACTIVATIONS = List.of("sigmoid", "tanh", "relu");
  static final List<String> COSTS = List.of("quadratic", "cross-entropy", "log-likelihood");
  static final List<String> INITS = List.of("normal", "scaled", "he");

  /**
   * What a new network is like.
   *
   * @param seed of the weights and of the order of images, 0 to 2^32 - 1
   * @param activation of the hidden layers: sigmoid, tanh or relu
   * @param cost quadratic, cross-entropy or log-likelihood
   * @param init of the weights: normal, scaled or he
   */
  public record Options(long seed, String activation, String cost, String init) {
    /** Seed 1, sigmoid, quadratic, scaled. */
    public static final Options DEFAULT = new Options(1, "sigmoid", "quadratic", "scaled");

    /** @throws IllegalArgumentException for a value that is none of those */
    public Options {
      if (seed < 0 || seed >= 1L << 32) {
        throw new IllegalArgumentException("seed: expected a whole number from 0 to 4294967295, got " + seed);
      }
      checkChoice("activation", activation, ACTIVATIONS);
      checkChoice("cost", cost, COSTS);
      checkChoice("init", init, INITS);
    }

    private static void checkChoice(String name, String value, List<String> all) {
      if (value == null || !all.contains(value)) {
        throw new IllegalArgumentException("%s: expected one of %s, got %s".formatted(name, all, value));
      }
    }
  }

  /**
   * What an epoch gave.
   *
   * @param number from 1
   * @param cost the mean over the samples
   * @param correct samples read correctly, each before the update of its mini-batch
   */
  public record Epoch(int number, double cost, int correct) {}

  private final int[] sizes;
  private final Options options;
  private final Exports wasm;
  private final int network;
  private int epochs;

  /**
   * Equal arguments give equal bits.
   *
   * @param sizes pixels (1 to 2^22), hidden layers, classes (1 to 65,536 each)
   * @throws IllegalArgumentException if a size cannot be
   * @throws IllegalStateException if memory cannot be had
   */
  public Network(int[] sizes, Options options) {
    if (sizes.length < 2) {
      throw new IllegalArgumentException("sizes: expected 2 layers or more, got " + sizes.length);
    }
    for (int l = 0; l < sizes.length; l++) {
      if (sizes[l] < 1 || sizes[l] > (l == 0 ? 1 << 22 : 1 << 16)) {
        throw new IllegalArgumentException(
            "sizes: expected 1 to 65536 neurons (4194304 pixels), got %d in layer %d".formatted(sizes[l], l));
      }
    }
    this.sizes = sizes.clone();
    this.options = options;
    wasm = new Exports();
    try {
      int list = wasm.grow("allocate", 4 * sizes.length);
      ByteBuffer words = ByteBuffer.allocate(4 * sizes.length).order(ByteOrder.LITTLE_ENDIAN);
      words.asIntBuffer().put(sizes);
      wasm.write(list, words.array());
      int activation = ACTIVATIONS.indexOf(options.activation);
      network = wasm.grow("createNetwork", list, sizes.length, activation, COSTS.indexOf(options.cost));
      wasm.call("release", list);
      wasm.grow("reserveBatch", network, BLOCK, 1);
      wasm.call("initialise", network, (int) options.seed, INITS.indexOf(options.init));
    } catch (IllegalStateException error) {
      wasm.close();
      throw error;
    }
  }

  /** The sizes of the layers. */
  public int[] sizes() {
    return sizes.clone();
  }

  /** What it was made with. */
  public Options options() {
    return options;
  }

  /** How many epochs it was trained for. */
  public int epochs() {
    return epochs;
  }

  void setEpochs(int trained) {
    epochs = trained;
  }

  private int outputs() {
    return sizes[sizes.length - 1];
  }

  /**
   * Trains by mini-batch stochastic gradient descent, and reports each epoch. It goes on from the last epoch trained:
   * the same bits as in one call.
   *
   * @param count epochs, 1 to 1,000,000
   * @param batchSize m, 1 to 1,000,000
   * @param eta the learning rate, above 0
   * @throws IllegalArgumentException for data or settings that cannot be
   * @throws ArithmeticException when weights are no longer finite numbers
   * @throws IllegalStateException if memory cannot be had
   */
  public void train(Dataset data, int count, int batchSize, float eta, Consumer<Epoch> report) {
    data.check(sizes[0], outputs());
    checkCount("epochs", count);
    checkCount("batch size", batchSize);
    if (!(eta > 0 && eta <= Float.MAX_VALUE)) {
      throw new IllegalArgumentException("eta: expected a finite number above 0, got " + eta);
    }
    int samples = data.count();
    wasm.grow("reserveBatch", network, Math.max(BLOCK, Math.min(batchSize, samples)), 1);
    int set = wasm.addDataset(data);
    try {
      for (int i = 0; i < count; i++) {
        int number = epochs + 1;
        wasm.call("shuffle", set, (int) options.seed, number);
        wasm.call("trainBatches", network, set, 0, Math.ceilDiv(samples, batchSize), eta, batchSize);
        if (wasm.call("allFinite", network) == 0) {
          throw new ArithmeticException(
              "epoch %d: weights are no longer finite numbers: lower eta (%s)".formatted(number, eta));
        }
        epochs = number;
        double cost = wasm.number("sumCosts", set, 0, samples) / samples;
        report.accept(new Epoch(number, cost, wasm.call("countCorrect", set)));
      }
    } finally {
      wasm.call("releaseDataset", set);
    }
  }

  private static void checkCount(String name, int value) {
    if (value < 1 || value > 1_000_000) {
      throw new IllegalArgumentException(
          "%s: expected a whole number from 1 to 1000000, got %d".formatted(name, value));
    }
  }

  /** How many images are read correctly. */
  public int evaluate(Dataset data) {
    data.check(sizes[0], outputs());
    int set = wasm.addDataset(data);
    int correct = wasm.call("evaluate", network, set);
    wasm.call("releaseDataset", set);
    return correct;
  }

  /**
   * The activations of all outputs for each image, [n][classes], 0 to 1. The largest is what the image is read as.
   *
   * @param images [n][pixels], unsigned bytes
   * @throws IllegalArgumentException if they are no whole images
   */
  public float[][] activations(byte[] images) {
    int inputs = sizes[0];
    if (images.length == 0 || images.length % inputs != 0) {
      throw new IllegalArgumentException(
          "images: expected a multiple of %d pixels, got %d".formatted(inputs, images.length));
    }
    int count = images.length / inputs;
    Dataset all = new Dataset(images, new int[count], inputs);
    float[][] result = new float[count][outputs()];
    for (int first = 0; first < count; first += BLOCK) {
      int last = Math.min(count, first + BLOCK);
      int set = wasm.addDataset(all.slice(first, last));
      wasm.call("evaluate", network, set);
      for (int i = first; i < last; i++) {
        int address = wasm.call("activations", network, sizes.length - 1, i - first);
        ByteBuffer bytes = ByteBuffer.wrap(wasm.read(address, 4 * outputs()));
        bytes.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(result[i]);
      }
      wasm.call("releaseDataset", set);
    }
    return result;
  }

  /** Bytes of the weights of layer l. */
  private int weightsOf(int l) {
    return Math.multiplyExact(4 * sizes[l - 1], sizes[l]);
  }

  /**
   * The bytes of layer l, from 1: weights, f32[outputs][inputs], then biases, f32[outputs], little-endian.
   *
   * @throws IllegalArgumentException if there is no such layer
   */
  public byte[] parameters(int l) {
    if (l < 1 || l >= sizes.length) {
      throw new IllegalArgumentException("layer: expected 1 to %d, got %d".formatted(sizes.length - 1, l));
    }
    int size = weightsOf(l) + 4 * sizes[l];
    int block = wasm.grow("allocate", size);
    wasm.call("readLayer", network, l, 0, block, block + weightsOf(l));
    byte[] bytes = wasm.read(block, size);
    wasm.call("release", block);
    return bytes;
  }

  void setParameters(int l, byte[] bytes) {
    int block = wasm.grow("allocate", bytes.length);
    wasm.write(block, bytes);
    wasm.call("writeLayer", network, l, 0, block, block + weightsOf(l));
    wasm.call("release", block);
  }

  /** The SHA-256 of all parameters, in hexadecimal, as `ductus train` prints it. */
  public String hash() {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (int l = 1; l < sizes.length; l++) {
        digest.update(parameters(l));
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException error) {
      throw new AssertionError("every JDK has SHA-256", error);
    }
  }

  @Override
  public void close() {
    wasm.close();
  }
}
