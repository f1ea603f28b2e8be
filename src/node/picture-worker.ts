// The script of a thread that reads pictures.

import { parentPort, workerData } from "node:worker_threads";
import { type PictureJob, readPictures } from "./picture-job.js";

parentPort?.postMessage({ refused: readPictures(workerData as PictureJob) });
