import { describe, expect, it, vi } from "vitest";

import { loaded } from "@/app/loading";

const missing = () => Promise.reject(new TypeError("Failed to fetch dynamically imported module"));

describe("code that does not come", () => {
  it("is a problem in our own words while the server is away: the page stays", async () => {
    vi.spyOn(globalThis, "fetch").mockRejectedValue(new TypeError("Failed to fetch"));
    await expect(loaded(missing)).rejects.toMatchObject({ code: "offline" });
  });

  it("is of an older version when the server is there: the router may reload", async () => {
    vi.spyOn(globalThis, "fetch").mockResolvedValue(new Response("{}"));
    await expect(loaded(missing)).rejects.toThrow("dynamically imported module");
  });
});
