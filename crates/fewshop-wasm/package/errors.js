/** An error with a code to branch on. */
export class FewshopError extends Error {
  constructor(code, message) {
    super(message);
    this.name = "FewshopError";
    this.code = code;
  }
}

/** Refuses an argument. */
export const bad = (message) => new FewshopError("bad_argument", message);
