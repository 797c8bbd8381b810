/** How a column is used. */
export type ColumnKind = "number" | "date" | "category" | "left_out";

/** A column as it is used. */
export interface Column {
  name: string;
  kind: ColumnKind;
  /** Whether its name says that it describes sex, age, origin, religion, family, disability or orientation. Off until it is asked for. */
  protected: boolean;
  /** Why it is left out. */
  why?: "identifier" | "constant" | "empty" | "protected" | "unclear_date" | "unclear_number" | "asked";
}

/** What a table holds. */
export interface About {
  rows: number;
  /** Cells that are not empty, and different texts among them, up to 20. */
  columns: { name: string; filled: number; different: number }[];
  /** How the file was read; null for text. */
  encoding: string | null;
}

/** What leaving each labelled row out says of the answers. */
export interface Check {
  /** Whether they are better than the base rate beyond chance. If not, show "not enough to tell". */
  enough: boolean;
  rows: number;
  /** Mean log loss; for a number the squared error over its variance. */
  loss: number;
  base_loss: number;
  t: number;
  needed: number;
  /** Share of the rows left out whose most probable class is theirs; null for a number. */
  accuracy: number | null;
  base_accuracy: number | null;
}

/** Something to look at before believing an answer. */
export interface Warning {
  code: "sample" | "texts" | "levels" | "thousands" | "spellings" | "lonely" | "separates" | "orders" | "other";
  /** In English. */
  message: string;
  column?: string;
  class?: string;
  count?: number;
  /** A cell that it is about. */
  example?: string;
  /** The spellings of a class. */
  texts?: string;
  labelled?: number;
  used?: number;
}

/** What the labels say. */
export interface Fit {
  /** Names of the classes; empty if the target is a number. */
  classes: string[];
  labelled: number;
  questions: number;
  /** Share of the examples that have the most frequent class; null for a number. */
  majority: number | null;
  check: Check;
  columns: Column[];
  warnings: Warning[];
  /** With rows of other sites: the weights of their model, of it with the base rate repaired, of it as prior, and of this table's own. */
  source_weights?: number[];
}

/** The answer for a row. */
export interface Answer {
  row: number;
  enough: boolean;
  /** Whether the row is unlike all labelled ones. */
  unlike: boolean;
  /** Ends of the 80 % band of the probability, or of the number. */
  low: number;
  high: number;
  /** The most probable class, as a number into `Fit.classes`. */
  class?: number;
  probability?: number;
  /** Of all classes; their sum is 1. */
  probabilities?: number[];
  /** If the target is a number. */
  value?: number;
}

/** Answers, or why there are none. */
export interface Answers {
  fit: Fit | null;
  error: { code: string; message: string; [value: string]: string } | null;
  columns: Column[];
  answers: Answer[];
  /** The question whose label would say most about the others. */
  next: number | null;
}

/** Why a row has its answer: `start` and all shares add up to `level`. */
export interface Explanation {
  /** The class that is explained; missing for a number. */
  class?: number;
  start: number;
  level: number;
  /** Whether the shares are exact Shapley values (up to 12 columns) and not a mean over permutations. */
  exact: boolean;
  shares: { column: string; value: string; share: number }[];
  examples: { row: number; pull: number }[];
  /** The smallest change of one column, never of a protected one, that changes the most probable class. */
  change?: { column: string; from: string; to: string; class: number };
}

/** What a group's examples and answers say of a class; intervals are Wilson's, 95 %. */
export interface Group {
  /** A text, or a range of numbers; null for what is missing or in no other group. */
  name: string | null;
  /** Examples, the share of them that has the class, and its mean probability when each is left out. */
  labelled: number;
  share: number;
  share_low: number;
  share_high: number;
  expected: number;
  /** Questions (a sample of at most 2,000), the share answered with the class, and its mean probability. */
  questions: number;
  rate: number;
  rate_low: number;
  rate_high: number;
  probability: number;
}

/** A point of the learning curve, a mean over draws. */
export interface CurvePoint {
  k: number;
  draws: number;
  loss: number;
  base_loss: number;
  accuracy: number | null;
}

/** An error with a code to branch on. */
export declare class TableError extends Error {
  code: string;
  details: Record<string, string>;
}

/** Most bytes of a file. */
export declare const MAX_BYTES: number;

/** A table that is labelled row by row, in a worker of its own. Rows count from 0. Made to prepare a decision, not to decide on a person. */
export declare class Table {
  private constructor();
  /** Starts a worker ahead and lets it practise, so that the first answer comes as quickly as later ones. On a server it does nothing. */
  static prepare(): void;
  /** Reads a table from text or from a file. */
  static read(source: string | Blob, options?: { worker?: string }): Promise<Table>;
  readonly about: About;
  /** Chooses the column that is predicted; rows without a value in it are the questions. By default more than five numbers are a number. */
  predict(target: string, options?: { numbers?: boolean }): Promise<void>;
  /** The rows without a value in the target, and those with one. */
  order(): Promise<{ questions: Uint32Array; examples: Uint32Array }>;
  /** Corrects how a column is used. */
  correct(column: string, kind: "auto" | "use" | ColumnKind): Promise<void>;
  /** Takes labelled rows of other sites with the same columns; null removes them. */
  source(source: string | Blob | null): Promise<void>;
  /** Writes the target of a row; "" makes it a question again. */
  label(row: number, text: string | number): Promise<void>;
  /** Cells of rows and columns, by their numbers. */
  rows(rows: number[], columns: number[]): Promise<string[][]>;
  /** Answers for the rows, by default for all questions. */
  answers(rows?: number[] | null): Promise<Answers>;
  /** Why a row has its answer. */
  explain(row: number): Promise<Explanation>;
  /** Rates and calibration of a class, as a number into `fit.classes`, by the groups of a column, used or not. */
  groups(column: string, classNumber?: number): Promise<Group[]>;
  /** How good answers are from fewer of the labels. */
  learningCurve(): AsyncGenerator<CurvePoint>;
  /** The answers to all questions as CSV, the first `reasons` of them (200) with reasons. */
  csv(options?: { reasons?: number; progress?: (done: number, all: number) => void; signal?: AbortSignal }): Promise<string>;
  /** Ends the worker: nothing of the table is left. */
  close(): void;
}
