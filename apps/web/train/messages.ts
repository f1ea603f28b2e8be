// The messages between the page and the worker that trains: commands to it, events from it.

import type { HistoryEntry } from "ductus/recipe";
import type { Mistake } from "../../ui/mistakes.js";
import type { Choices } from "./choices.js";

/** To the worker. */
export type WorkerCommand =
  | {
      readonly kind: "train";
      readonly choices: Choices;
      /** The file of a training that continues. */
      readonly model?: Uint8Array;
    }
  | { readonly kind: "pause" | "continue" | "stop" };

/** A training that is under way. */
export interface Started {
  readonly kind: "started";
  readonly layers: readonly number[];
  /** The last epoch. */
  readonly epochs: number;
  /** Images in an epoch. */
  readonly samples: number;
  readonly threads: number;
  readonly history: readonly HistoryEntry[];
  /** Images that it is watched on, and whether they are held back from training. */
  readonly watched: number;
  readonly held: boolean;
}

/** What the network looks like at a moment. */
export interface Snapshot {
  readonly kind: "snapshot";
  /** How many of the watched images are misread. */
  readonly wrong: number;
  /** The first of them. */
  readonly mistakes: readonly WatchedMistake[];
  /** Neurons of the first layer. */
  readonly neurons: number;
  /** An image for each of the first neurons: 128 is a weight of 0. */
  readonly weights: readonly Uint8Array[];
}

/** A misread image of those that are watched. */
export interface WatchedMistake extends Mistake {
  /** [784] */
  readonly pixels: Uint8Array;
}

/** How a training ended that came to its last epoch. */
export interface Finished {
  readonly kind: "finished";
  readonly correct: number;
  readonly count: number;
  readonly standardError: number;
  /** The hash of the weights, as `ductus train` prints it. */
  readonly hash: string;
  /** With patience: the epoch whose weights are used. */
  readonly bestEpoch?: number;
}

/** From the worker. */
export type WorkerEvent =
  | { readonly kind: "loading"; readonly loaded: number; readonly total: number }
  | Started
  | {
      readonly kind: "progress";
      readonly epoch: number;
      /** Images of this epoch that were visited. */
      readonly samples: number;
      /** Images a second of the last moments; not known at first. */
      readonly rate: number | undefined;
    }
  | { readonly kind: "epoch"; readonly history: readonly HistoryEntry[] }
  | Snapshot
  | {
      readonly kind: "model";
      readonly bytes: Uint8Array;
      /** Its weights alone: what reads with it loads these. */
      readonly weights: Uint8Array;
      /** It was trained for so many. */
      readonly epoch: number;
    }
  | { readonly kind: "paused" }
  | { readonly kind: "stopped"; readonly epoch: number }
  | Finished
  | { readonly kind: "failed"; readonly message: string };
