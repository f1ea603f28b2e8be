// Stands in for d3-interpolate in the page's bundle: the charts' scales are of numbers, and need no colours, dates or shapes.

type Interpolate = (a: number, b: number) => (t: number) => number;

export const interpolateNumber: Interpolate = (a, b) => (t) => a * (1 - t) + b * t;
export const interpolate = interpolateNumber;
export const interpolateRound = interpolateNumber;
export const piecewise = interpolateNumber;
