import { renderHook, waitFor } from "@testing-library/react";
import { act } from "react";
import { beforeEach, expect, it, vi } from "vitest";

import { fetchProven, useStepUp } from "@/api/step-up";

const answer = vi.fn<(request: Request) => Response>();
vi.stubGlobal("fetch", (request: Request) => Promise.resolve(answer(request)));

const refusal = () => new Response(JSON.stringify({ code: "step_up_required", accepted: ["totp"] }), { status: 403 });
const dangerous = (path: string) => fetchProven(`http://localhost${path}`, { method: "POST", body: "{\"a\":1}" });

beforeEach(() => {
  answer.mockReset();
});

it("asks once for all that need a proof, then sends each again as it was", async () => {
  const { result } = renderHook(useStepUp);
  answer.mockImplementationOnce(refusal).mockImplementationOnce(refusal).mockImplementation(() => new Response("done"));
  const sent = Promise.all([dangerous("/one"), dangerous("/two")]);
  await waitFor(() => expect(result.current?.accepted).toEqual(["totp"]));
  act(() => result.current?.answer(true));
  expect(await Promise.all((await sent).map((each) => each.text()))).toEqual(["done", "done"]);
  const again = answer.mock.calls.slice(2).map(([request]) => request);
  expect(again.map((each) => new URL(each.url).pathname).sort()).toEqual(["/one", "/two"]);
  expect(await again[0]?.json()).toEqual({ a: 1 });
  await waitFor(() => expect(result.current).toBeNull());
});

it("sends nothing again when the user does not prove it", async () => {
  const { result } = renderHook(useStepUp);
  answer.mockImplementation(refusal);
  const sent = dangerous("/one");
  await waitFor(() => expect(result.current).not.toBeNull());
  act(() => result.current?.answer(false));
  expect((await sent).status).toBe(403);
  expect(answer).toHaveBeenCalledTimes(1);
});

it("asks nobody about other refusals, nor about the proof itself", async () => {
  const { result } = renderHook(useStepUp);
  answer.mockImplementationOnce(() => new Response(JSON.stringify({ code: "forbidden" }), { status: 403 }));
  expect((await dangerous("/one")).status).toBe(403);
  answer.mockImplementationOnce(refusal);
  expect((await dangerous("/api/v1/auth/step-up")).status).toBe(403);
  expect(result.current).toBeNull();
});
