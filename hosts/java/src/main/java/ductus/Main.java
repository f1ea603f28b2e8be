package ductus;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Trains and tests networks on MNIST's IDX files. */
public final class Main {
  private static final String USAGE =
      "usage: train --data DIR [--hidden 30] [--epochs 2] [--batch-size 10] [--eta 2.5] [--seed 1] "
          + "[--validation 10000] [--out FILE], or "
          + "evaluate MODEL --data DIR";
  private static final List<String> OPTIONS =
      List.of("data", "hidden", "epochs", "batch-size", "eta", "seed", "validation", "out");

  private Main() {}

  /** Exits with 2, and a sentence, for what cannot be done. */
  public static void main(String[] args) {
    try {
      run(args);
    } catch (IOException | IllegalArgumentException | IllegalStateException | ArithmeticException error) {
      System.err.println("ductus: " + error.getMessage());
      System.exit(2);
    }
  }

  private static void run(String[] args) throws IOException {
    Map<String, String> given = new HashMap<>();
    String model = null;
    for (int i = 1; i < args.length; i++) {
      if (!args[i].startsWith("--") && model == null) {
        model = args[i];
      } else if (i + 1 < args.length && OPTIONS.contains(args[i].substring(2))) {
        given.put(args[i].substring(2), args[++i]);
      } else {
        throw new IllegalArgumentException(args[i] + ": unknown, or without a value; " + USAGE);
      }
    }
    String command = args.length == 0 ? "" : args[0];
    String folder = given.get("data");
    if (folder == null || !List.of("train", "evaluate").contains(command) || command.equals("train") == (model != null)) {
      throw new IllegalArgumentException(USAGE);
    }
    if (command.equals("evaluate")) {
      try (Network network = Model.load(Path.of(model))) {
        report(network, folder, "");
      }
    } else {
      train(given, folder);
    }
  }

  private static void train(Map<String, String> given, String folder) throws IOException {
    Dataset all = Dataset.readMnist(Path.of(folder), "train");
    int validation = whole(given, "validation", 10_000);
    if (validation < 0 || validation >= all.count()) {
      throw new IllegalArgumentException(
          "--validation: expected 0 to %d, got %d".formatted(all.count() - 1, validation));
    }
    Dataset data = all.slice(0, all.count() - validation);
    int epochs = whole(given, "epochs", 2);
    var options = new Network.Options(whole(given, "seed", 1), "sigmoid", "quadratic", "scaled");
    try (Network network = new Network(new int[] {data.inputs(), whole(given, "hidden", 30), 10}, options)) {
      long start = System.nanoTime();
      network.train(data, epochs, whole(given, "batch-size", 10), eta(given), epoch -> {
        String figures = "epoch %d: cost %.6f, %d of %d";
        System.out.println(figures.formatted(epoch.number(), epoch.cost(), epoch.correct(), data.count()));
      });
      double seconds = (System.nanoTime() - start) / 1e9;
      report(network, folder, "rate %.0f samples/s%n".formatted((double) epochs * data.count() / seconds));
      if (given.containsKey("out")) {
        Model.save(network, Path.of(given.get("out")));
      }
    }
  }

  private static int whole(Map<String, String> given, String name, int standard) {
    String text = given.getOrDefault(name, Integer.toString(standard));
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException error) {
      throw new IllegalArgumentException("--%s: expected a whole number, got %s".formatted(name, text), error);
    }
  }

  private static float eta(Map<String, String> given) {
    String text = given.getOrDefault("eta", "2.5");
    try {
      // To double first, as JavaScript reads numbers: to float at once would round some to another neighbour.
      return (float) Double.parseDouble(text);
    } catch (NumberFormatException error) {
      throw new IllegalArgumentException("--eta: expected a number, got " + text, error);
    }
  }

  private static void report(Network network, String folder, String rate) throws IOException {
    Dataset data = Dataset.readMnist(Path.of(folder), "t10k");
    System.out.printf("test %d of %d%n%shash %s%n", network.evaluate(data), data.count(), rate, network.hash());
  }
}
