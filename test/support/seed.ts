/**
 * What tests that draw their input begin from. `SEED=` sets another one and so repeats a run or searches further. It is the
 * same number for every run else, so that a change is judged by what it changes and not by what was drawn.
 */
export const seed = Number(process.env["SEED"] || 20_261_122);
