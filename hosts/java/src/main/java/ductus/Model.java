package ductus;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Networks as safetensors files, with PyTorch's names, which Ductus loads. */
public final class Model {
  private static final Gson GSON = new Gson();
  private static final String PLAIN_DESCENT =
      "{\"optimizer\":\"sgd\",\"momentum\":0,\"beta\":0,\"epsilon\":0,\"weightDecay\":0,\"average\":0,"
          + "\"labelSmoothing\":0,\"dropout\":0,\"keepBest\":false}";

  private record Tensor(String name, List<Integer> shape, int begin, int end) {}

  private Model() {}

  /** The tensors of a network of these layers, in the order of their data. */
  private static List<Tensor> tensorsOf(int[] sizes) {
    Tensor[] tensors = new Tensor[2 * (sizes.length - 1)];
    long end = 0;
    for (int i = 0; i < sizes.length - 1; i++) {
      int[] counts = {Math.multiplyExact(sizes[i], sizes[i + 1]), sizes[i + 1]};
      List<List<Integer>> shapes = List.of(List.of(sizes[i + 1], sizes[i]), List.of(sizes[i + 1]));
      for (int k = 0; k < 2; k++) {
        String name = 2 * i + (k == 0 ? ".weight" : ".bias");
        tensors[2 * i + k] = new Tensor(name, shapes.get(k), Math.toIntExact(end), Math.toIntExact(end + 4L * counts[k]));
        end += 4L * counts[k];
      }
    }
    return List.of(tensors);
  }

  /** The bytes of a file. */
  public static byte[] encode(Network network) {
    JsonObject own = new JsonObject();
    own.addProperty("format", "ductus");
    own.addProperty("version", "1");
    own.addProperty("layers", GSON.toJson(network.sizes()));
    own.addProperty("activation", network.options().activation());
    own.addProperty("cost", network.options().cost());
    own.addProperty("initial_weights", network.options().init());
    own.addProperty("method", PLAIN_DESCENT);
    own.addProperty("seed", Long.toString(network.options().seed()));
    own.addProperty("epochs", Integer.toString(network.epochs()));
    JsonObject header = new JsonObject();
    header.add("__metadata__", own);
    List<Tensor> tensors = tensorsOf(network.sizes());
    for (Tensor tensor : tensors) {
      header.add(tensor.name, entryOf(tensor));
    }
    String json = header.toString();
    byte[] text = (json + " ".repeat(-json.length() & 7)).getBytes(StandardCharsets.US_ASCII);
    int size = 8 + text.length + tensors.getLast().end;
    ByteBuffer file = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN).putLong(text.length).put(text);
    for (int l = 1; l < network.sizes().length; l++) {
      file.put(network.parameters(l));
    }
    return file.array();
  }

  private static JsonObject entryOf(Tensor tensor) {
    JsonObject entry = new JsonObject();
    entry.addProperty("dtype", "F32");
    entry.add("shape", GSON.toJsonTree(tensor.shape));
    entry.add("data_offsets", GSON.toJsonTree(List.of(tensor.begin, tensor.end)));
    return entry;
  }

  /** Writes a file. An old one stays until the new one is whole. */
  public static void save(Network network, Path path) throws IOException {
    Path partial = Path.of(path + "." + ProcessHandle.current().pid() + ".part");
    try {
      Files.write(partial, encode(network));
      Files.move(partial, path, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(partial);
    }
  }

  /**
   * The network of a file that save() or Ductus wrote.
   *
   * @throws IOException if it cannot be read, or is none
   */
  public static Network load(Path path) throws IOException {
    try {
      return decode(Files.readAllBytes(path));
    } catch (IllegalArgumentException error) {
      throw new IOException(path + ": " + error.getMessage(), error);
    }
  }

  /**
   * The network of the bytes of a file. Nothing in them is trusted.
   *
   * @throws IllegalArgumentException if it is none
   */
  public static Network decode(byte[] file) {
    ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    long length = file.length < 8 ? -1 : bytes.getLong();
    if (length < 2 || length > bytes.remaining()) {
      throw new IllegalArgumentException("expected a safetensors file, got one that is truncated or none");
    }
    int start = 8 + (int) length;
    try {
      JsonObject header = JsonParser.parseString(new String(file, 8, (int) length, StandardCharsets.UTF_8)).getAsJsonObject();
      JsonObject own = header.getAsJsonObject("__metadata__");
      if (own == null || !"ductus".equals(text(own, "format")) || !"1".equals(text(own, "version"))) {
        throw new IllegalArgumentException("expected the metadata of a Ductus model (format: ductus), got others");
      }
      int[] sizes = GSON.fromJson(text(own, "layers"), int[].class);
      List<byte[]> layers = layersOf(header, sizes, Arrays.copyOfRange(file, start, file.length));
      long seed = Long.parseLong(text(own, "seed"));
      var options = new Network.Options(seed, text(own, "activation"), text(own, "cost"), text(own, "initial_weights"));
      int epochs = Integer.parseInt(text(own, "epochs"));
      if (epochs < 0) {
        throw new IllegalArgumentException("metadata epochs: expected a whole number, got " + epochs);
      }
      Network network = new Network(sizes, options);
      network.setEpochs(epochs);
      for (int l = 1; l < sizes.length; l++) {
        network.setParameters(l, layers.get(l - 1));
      }
      return network;
    } catch (JsonParseException | IllegalStateException | ClassCastException | ArithmeticException error) {
      throw new IllegalArgumentException("expected a Ductus model, got a damaged one (" + error.getMessage() + ")", error);
    }
  }

  private static String text(JsonObject own, String key) {
    JsonElement value = own.get(key);
    if (value == null || !value.isJsonPrimitive()) {
      throw new IllegalArgumentException("metadata " + key + ": expected text, got " + value);
    }
    return value.getAsString();
  }

  /** The bytes of each layer, all checked before memory is taken for a network. Writers order tensors as they like. */
  private static List<byte[]> layersOf(JsonObject header, int[] sizes, byte[] data) {
    if (sizes == null || sizes.length < 2 || Arrays.stream(sizes).anyMatch(size -> size < 1)) {
      throw new IllegalArgumentException("metadata layers: expected two sizes or more, got " + Arrays.toString(sizes));
    }
    List<byte[]> layers = new ArrayList<>();
    byte[] weights = null;
    for (Tensor tensor : tensorsOf(sizes)) {
      byte[] bytes = bytesOf(tensor, header.get(tensor.name), data);
      if (weights == null) {
        weights = bytes;
        continue;
      }
      byte[] layer = Arrays.copyOf(weights, weights.length + bytes.length);
      System.arraycopy(bytes, 0, layer, weights.length, bytes.length);
      layers.add(layer);
      weights = null;
    }
    return layers;
  }

  private static byte[] bytesOf(Tensor expected, JsonElement entry, byte[] data) {
    int[] offsets = entry == null ? null : GSON.fromJson(entry.getAsJsonObject().get("data_offsets"), int[].class);
    boolean isWithin = offsets != null && offsets.length == 2 && offsets[0] >= 0 && offsets[1] <= data.length;
    var moved = isWithin ? new Tensor(expected.name, expected.shape, offsets[0], offsets[1]) : expected;
    if (!isWithin || offsets[1] - offsets[0] != expected.end - expected.begin || !entryOf(moved).equals(entry)) {
      throw new IllegalArgumentException(
          "tensor %s: expected F32 %s within the data, got %s".formatted(expected.name, expected.shape, entry));
    }
    ByteBuffer bytes = ByteBuffer.wrap(Arrays.copyOfRange(data, offsets[0], offsets[1])).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < bytes.limit(); i += 4) {
      if (!Float.isFinite(bytes.getFloat(i))) {
        throw new IllegalArgumentException("tensor %s: expected finite numbers, got others".formatted(expected.name));
      }
      // -0 becomes 0, as in Ductus.
      bytes.putFloat(i, bytes.getFloat(i) + 0f);
    }
    return bytes.array();
  }
}
