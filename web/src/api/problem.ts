/** Errors of the API (RFC 9457) as one kind of exception, whatever went wrong. */
import type { Proof } from "@/client";

export interface FieldProblem {
  pointer: string;
  detail: string;
}

interface ProblemDocument {
  status?: number;
  title?: string;
  detail?: string;
  code?: string;
  request_id?: string;
  errors?: FieldProblem[];
  accepted?: Proof[];
  passkey_options?: Record<string, unknown> | null;
}

export class ApiProblem extends Error {
  /** HTTP status; 0 when the server could not be reached. */
  readonly status: number;
  /** One of the API's error codes, `offline` when there was no answer, `other` when it was not ours. */
  readonly code: string;
  readonly requestId: string | null;
  readonly errors: readonly FieldProblem[];
  /** Which proofs would do, where one is asked for. */
  readonly accepted: readonly Proof[];
  /** For a passkey, where one would do. */
  readonly passkeyOptions: Record<string, unknown> | null;

  constructor(status: number, document: ProblemDocument = {}) {
    super(document.detail ?? document.title ?? `HTTP ${status}`);
    this.name = "ApiProblem";
    this.status = status;
    this.code = document.code ?? (status === 0 ? "offline" : "other");
    this.requestId = document.request_id ?? null;
    this.errors = document.errors ?? [];
    this.accepted = document.accepted ?? [];
    this.passkeyOptions = document.passkey_options ?? null;
  }
}

/** What came back instead of an answer, as a problem. */
export function problemOf(error: unknown, response?: Response): ApiProblem {
  if (error instanceof ApiProblem) return error;
  if (!response) return new ApiProblem(0);
  const document = typeof error === "object" && error !== null ? (error as ProblemDocument) : {};
  return new ApiProblem(response.status, document);
}

/** The form field that a JSON pointer such as "#/full_name" or "/full_name" names. */
export function fieldOf(pointer: string): string {
  return pointer
    .replace(/^#?\/?/, "")
    .split("/")
    .map((part) => part.replace(/~1/g, "/").replace(/~0/g, "~"))
    .join(".");
}

/** The problem's field errors as `[field, detail]`, and whether all of them belong to one of `fields`. */
export function fieldErrors(problem: ApiProblem, fields: readonly string[]): { known: [string, string][]; rest: string[] } {
  const known: [string, string][] = [];
  const rest: string[] = [];
  for (const { pointer, detail } of problem.errors) {
    const field = fieldOf(pointer);
    if (fields.includes(field)) known.push([field, detail]);
    else rest.push(detail);
  }
  return { known, rest };
}
