// Loaded before the service (NODE_OPTIONS=--import): its clock differs from the real one by CLOCK_SHIFT_MS.
const shiftMs = Number(process.env.CLOCK_SHIFT_MS);
const RealDate = Date;

globalThis.Date = class ShiftedDate extends RealDate {
  constructor(...words) {
    if (words.length === 0) super(RealDate.now() + shiftMs);
    else super(...words);
  }

  static now() {
    return RealDate.now() + shiftMs;
  }
};
