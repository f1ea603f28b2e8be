// The worker that trains.
export {};
