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
      check(header, sizes, file, start);
      long seed = Long.parseLong(text(own, "seed"));
      var options = new Network.Options(seed, text(own, "activation"), text(own, "cost"), text(own, "initial_weights"));
      int epochs = Integer.parseInt(text(own, "epochs"));
      if (epochs < 0) {
        throw new IllegalArgumentException("metadata epochs: expected a whole number, got " + epochs);
      }
      Network network = new Network(sizes, options);
      network.setEpochs(epochs);
      List<Tensor> tensors = tensorsOf(sizes);
      for (int i = 0; i < tensors.size(); i += 2) {
        int from = start + tensors.get(i).begin;
        network.setParameters(i / 2 + 1, Arrays.copyOfRange(file, from, start + tensors.get(i + 1).end));
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

  /** All tensors are checked before memory is taken for a network. */
  private static void check(JsonObject header, int[] sizes, byte[] file, int start) {
    if (sizes == null || sizes.length < 2 || Arrays.stream(sizes).anyMatch(size -> size < 1)) {
      throw new IllegalArgumentException("metadata layers: expected two sizes or more, got " + Arrays.toString(sizes));
    }
    List<Tensor> tensors = tensorsOf(sizes);
    for (Tensor tensor : tensors) {
      if (!entryOf(tensor).equals(header.get(tensor.name))) {
        throw new IllegalArgumentException(
            "tensor %s: expected %s, got %s".formatted(tensor.name, entryOf(tensor), header.get(tensor.name)));
      }
    }
    int size = tensors.getLast().end;
    if (size != file.length - start) {
      throw new IllegalArgumentException("expected %d bytes of data, got %d".formatted(size, file.length - start));
    }
    ByteBuffer data = ByteBuffer.wrap(file, start, size).slice().order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < size; i += 4) {
      if (!Float.isFinite(data.getFloat(i))) {
        throw new IllegalArgumentException("parameters: expected finite numbers, got others");
      }
    }
  }
}
