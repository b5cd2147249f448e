import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";

import { setUpClient } from "@/api/client";
import { makeQueryClient } from "@/api/queries";
import { makeRouter } from "@/app/router";
import { LiveContext } from "@/app/services";
import { chooseLanguage, startLanguage } from "@/i18n";
import { Live } from "@/realtime/live";

const answer = vi.fn<(request: Request) => Response>();

beforeAll(async () => {
  window.scrollTo = () => undefined;
  vi.stubGlobal("fetch", (request: Request) => Promise.resolve(answer(request)));
  setUpClient();
  await startLanguage();
});

function problem(status: number, body: object): Response {
  return new Response(JSON.stringify({ status, errors: [], request_id: "r-1", ...body }), {
    status,
    headers: { "content-type": "application/problem+json" },
  });
}

async function openRegistration() {
  history.replaceState(null, "", "/register");
  const queries = makeQueryClient();
  const live = new Live(queries);
  render(
    <QueryClientProvider client={queries}>
      <LiveContext value={live}>
        <RouterProvider router={makeRouter({ queries, live })} />
      </LiveContext>
    </QueryClientProvider>,
  );
  await screen.findByRole("heading", { level: 1 });
  return userEvent.setup();
}

describe("registration", () => {
  beforeEach(() => {
    answer.mockReset();
  });

  it("asks nobody before the form is right, and says at each field what is wrong", async () => {
    const user = await openRegistration();
    await user.type(screen.getByLabelText("E-mail address"), "nobody");
    await user.type(screen.getByLabelText("Password"), "short");
    await user.click(screen.getByRole("button", { name: "Create account" }));
    expect(await screen.findByText("This does not look like an e-mail address.")).toBeInTheDocument();
    expect(screen.getByText("At least 12 characters.")).toBeInTheDocument();
    expect(screen.getByLabelText("E-mail address")).toHaveAccessibleDescription("This does not look like an e-mail address.");
    expect(answer).not.toHaveBeenCalled();
  });

  it("puts the server's objections at their fields", async () => {
    answer.mockReturnValue(
      problem(422, {
        code: "validation_failed",
        errors: [{ pointer: "#/password", detail: "this password is known from breaches" }],
      }),
    );
    const user = await openRegistration();
    await user.type(screen.getByLabelText("E-mail address"), "new@example.com");
    await user.type(screen.getByLabelText("Password"), "correct horse battery");
    await user.click(screen.getByRole("button", { name: "Create account" }));
    const password = screen.getByLabelText("Password");
    await waitFor(() => expect(password).toHaveAccessibleDescription("this password is known from breaches"));
    expect(password).toHaveAttribute("aria-invalid", "true");
    const [request] = answer.mock.calls[0] ?? [];
    expect(request?.headers.get("accept-language")).toBe("en");
    expect(await request?.json()).toEqual({
      email: "new@example.com",
      password: "correct horse battery",
      full_name: null,
      locale: "en",
    });
  });

  it("says above the form what belongs to no field, in the user's language", async () => {
    answer.mockReturnValue(problem(503, { code: "too_busy" }));
    const user = await openRegistration();
    await user.type(screen.getByLabelText("E-mail address"), "new@example.com");
    await user.type(screen.getByLabelText("Password"), "correct horse battery");
    await user.click(screen.getByRole("button", { name: "Create account" }));
    expect(await screen.findByRole("alert")).toHaveTextContent("Too many requests at once.");
    await chooseLanguage("ru");
    expect(await screen.findByRole("alert")).toHaveTextContent("Слишком много запросов сразу.");
    await chooseLanguage("en");
  });
});
