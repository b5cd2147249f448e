import { describe, expect, it, vi } from "vitest";

import { ApiProblem, fieldErrors, fieldOf, problemOf } from "@/api/problem";
import { worthRetrying } from "@/api/queries";
import { showProblem } from "@/features/auth/problems";

const problem = (errors: { pointer: string; detail: string }[]) =>
  new ApiProblem(422, { code: "validation_failed", detail: "the request has errors", request_id: "r-1", errors });

describe("a problem", () => {
  it("is read from what the server answers", () => {
    const read = problemOf({ code: "email_taken", detail: "log in", request_id: "r-7" }, new Response(null, { status: 409 }));
    expect(read).toMatchObject({ status: 409, code: "email_taken", requestId: "r-7", message: "log in", errors: [] });
  });

  it("is something when the answer is not ours, or there is none", () => {
    expect(problemOf("<html>", new Response(null, { status: 502 }))).toMatchObject({ status: 502, code: "other" });
    expect(problemOf(new TypeError("Failed to fetch"))).toMatchObject({ status: 0, code: "offline" });
  });

  it("is tried again only when that may help", () => {
    expect(worthRetrying(0, new ApiProblem(404))).toBe(false);
    expect(worthRetrying(0, new ApiProblem(503))).toBe(true);
    expect(worthRetrying(1, new ApiProblem(0))).toBe(true);
    expect(worthRetrying(2, new ApiProblem(503))).toBe(false);
  });
});

describe("pointers", () => {
  it("name fields, as fragments or not, escaped or not", () => {
    expect(fieldOf("#/full_name")).toBe("full_name");
    expect(fieldOf("/email")).toBe("email");
    expect(fieldOf("#/targets/0/price")).toBe("targets.0.price");
    expect(fieldOf("#/a~1b~0c")).toBe("a/b~c");
  });

  it("are told apart by whether the form has that field", () => {
    const found = fieldErrors(
      problem([
        { pointer: "#/email", detail: "not an address" },
        { pointer: "#/query/limit", detail: "too large" },
      ]),
      ["email", "password"],
    );
    expect(found).toEqual({ known: [["email", "not an address"]], rest: ["too large"] });
  });
});

describe("a form", () => {
  const shown = (given: ApiProblem) => {
    const setError = vi.fn();
    showProblem<{ email: string; password: string }>(given, { setError }, ["email", "password"]);
    return setError.mock.calls;
  };

  it("shows the server's objections at their fields and focuses the first", () => {
    const calls = shown(
      problem([
        { pointer: "#/password", detail: "known from breaches" },
        { pointer: "#/email", detail: "not an address" },
      ]),
    );
    expect(calls).toEqual([
      ["password", { type: "server", message: "known from breaches" }, { shouldFocus: true }],
      ["email", { type: "server", message: "not an address" }, { shouldFocus: false }],
    ]);
  });

  it("shows above all fields what belongs to none", () => {
    expect(shown(new ApiProblem(401, { code: "invalid_credentials" }))).toEqual([
      ["root", { type: "server", message: "invalid_credentials" }],
    ]);
  });
});
