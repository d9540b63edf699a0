package cpu

// looks is how often a waiting worker looks between two offers of its thread to
// others: 5 to 10 µs, most of it pauses.
const looks = 1 << 8
