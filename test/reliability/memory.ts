/** Remembers what a function made of an object and a number: descriptors are the same objects all along. */
export function once<K extends object, T>(make: (key: K, level: number) => T): (key: K, level: number) => T {
  const made = new WeakMap<K, Map<number, T>>();
  return (key, level) => {
    const levels = made.get(key) ?? new Map<number, T>();
    made.set(key, levels);
    const known = levels.get(level);
    if (known !== undefined) return known;
    const value = make(key, level);
    levels.set(level, value);
    return value;
  };
}
