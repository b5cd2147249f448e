import "./styles.css";

import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { setUpClient } from "@/api/client";
import { makeQueryClient } from "@/api/queries";
import { session } from "@/api/session";
import { makeRouter } from "@/app/router";
import { LiveContext } from "@/app/services";
import { startLanguage } from "@/i18n";
import { activityLog } from "@/realtime/activity";
import { Live } from "@/realtime/live";
import { board } from "@/realtime/prices";
import { startTheme } from "@/ui/theme";

async function start(): Promise<void> {
  startTheme();
  setUpClient();
  await startLanguage();

  const queries = makeQueryClient();
  const live = new Live(queries);
  const router = makeRouter({ queries, live });

  session.whenEnded(() => {
    live.stop();
    board.clear();
    activityLog.clear();
    const { href, pathname } = router.state.location;
    void router
      .navigate({ to: "/login", search: { ended: true, next: pathname === "/" ? undefined : href } })
      .then(() => queries.clear());
  });

  const root = document.getElementById("root");
  if (!root) throw new Error("expected #root in index.html");
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <LiveContext value={live}>
          <RouterProvider router={router} />
        </LiveContext>
      </QueryClientProvider>
    </StrictMode>,
  );
}

void start();
