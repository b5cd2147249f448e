import { createRootRouteWithContext, createRoute, createRouter, redirect } from "@tanstack/react-router";

import { ApiProblem } from "@/api/problem";
import { session } from "@/api/session";
import { getMarketStatusOptions, getMeOptions } from "@/client/@tanstack/react-query.gen";
import { adoptLanguage } from "@/i18n";
import { CrashPage, NotFoundPage } from "./errors";
import { page } from "./loading";
import { PageSkeleton, Root } from "./root";
import { type AuthSearch, authSearch, draftSearch, editorSearch, marketSearch, positionsSearch, signalsSearch } from "./search";
import type { Services } from "./services";
import { Shell } from "./shell";

const root = createRootRouteWithContext<Services>()({
  component: Root,
  notFoundComponent: NotFoundPage,
  errorComponent: CrashPage,
});

function entered({ search }: { search: AuthSearch }): void {
  if (session.likely) throw redirect({ to: search.next ?? "/" });
}

const login = createRoute({
  getParentRoute: () => root,
  path: "/login",
  validateSearch: authSearch,
  beforeLoad: entered,
  component: page(() => import("@/features/auth/pages"), "LoginPage"),
});

const register = createRoute({
  getParentRoute: () => root,
  path: "/register",
  validateSearch: authSearch,
  beforeLoad: entered,
  component: page(() => import("@/features/auth/pages"), "RegisterPage"),
});

const forgotPassword = createRoute({
  getParentRoute: () => root,
  path: "/forgot-password",
  component: page(() => import("@/features/auth/links"), "ForgotPasswordPage"),
});

const resetPassword = createRoute({
  getParentRoute: () => root,
  path: "/reset-password",
  component: page(() => import("@/features/auth/links"), "ResetPasswordPage"),
});

const verifyEmail = createRoute({
  getParentRoute: () => root,
  path: "/verify-email",
  component: page(() => import("@/features/auth/links"), "VerifyEmailPage"),
});

const confirmEmail = createRoute({
  getParentRoute: () => root,
  path: "/confirm-email",
  component: page(() => import("@/features/auth/links"), "ConfirmEmailPage"),
});

const undoEmail = createRoute({
  getParentRoute: () => root,
  path: "/undo-email",
  component: page(() => import("@/features/auth/links"), "UndoEmailPage"),
});

/** Everything behind the log-in. */
const inside = createRoute({
  getParentRoute: () => root,
  id: "inside",
  component: Shell,
  beforeLoad: async ({ context, location }) => {
    const outside = redirect({ to: "/login", search: { next: location.href === "/" ? undefined : location.href } });
    if (!session.likely) throw outside;
    try {
      // What is known will do: a page opens at once, and without a server, too.
      const [me] = await Promise.all([
        context.queries.query({ ...getMeOptions(), staleTime: "static" }),
        context.queries.query({ ...getMarketStatusOptions(), staleTime: "static" }).catch(() => undefined),
      ]);
      session.begin(me.csrf_token);
      await adoptLanguage(me.user.locale);
    } catch (error) {
      if (error instanceof ApiProblem && error.status === 401) throw outside;
      throw error;
    }
  },
});

const overview = createRoute({
  getParentRoute: () => inside,
  path: "/",
  component: page(() => import("@/features/overview/page"), "OverviewPage"),
});

const signals = createRoute({
  getParentRoute: () => inside,
  path: "/signals",
  validateSearch: signalsSearch,
  component: page(() => import("@/features/signals/page"), "SignalsPage"),
});

const signal = createRoute({
  getParentRoute: () => signals,
  path: "$signalId",
  component: page(() => import("@/features/signals/detail"), "SignalSheet"),
});

const positions = createRoute({
  getParentRoute: () => inside,
  path: "/positions",
  validateSearch: positionsSearch,
  component: page(() => import("@/features/positions/page"), "PositionsPage"),
});

const position = createRoute({
  getParentRoute: () => positions,
  path: "$positionId",
  component: page(() => import("@/features/positions/detail"), "PositionSheet"),
});

const portfolio = createRoute({
  getParentRoute: () => inside,
  path: "/portfolio",
  component: page(() => import("@/features/portfolio/page"), "PortfolioPage"),
});

const market = createRoute({
  getParentRoute: () => inside,
  path: "/market",
  validateSearch: marketSearch,
  component: page(() => import("@/features/market/page"), "MarketPage"),
});

const alerts = createRoute({
  getParentRoute: () => inside,
  path: "/alerts",
  component: page(() => import("@/features/alerts/page"), "AlertsPage"),
});

const strategies = createRoute({
  getParentRoute: () => inside,
  path: "/strategies",
  component: page(() => import("@/features/strategies/page"), "StrategiesPage"),
});

const ownStrategies = createRoute({
  getParentRoute: () => inside,
  path: "/strategies/own",
  component: page(() => import("@/features/documents/page"), "OwnStrategiesPage"),
});

const newStrategy = createRoute({
  getParentRoute: () => inside,
  path: "/strategies/new",
  validateSearch: editorSearch,
  component: page(() => import("@/features/documents/editor"), "NewDocumentPage"),
});

const ownStrategy = createRoute({
  getParentRoute: () => inside,
  path: "/strategies/own/$name",
  validateSearch: editorSearch,
  component: page(() => import("@/features/documents/editor"), "DocumentPage"),
});

const research = createRoute({
  getParentRoute: () => inside,
  path: "/research",
  component: page(() => import("@/features/research/page"), "ResearchPage"),
});

const newRun = createRoute({
  getParentRoute: () => inside,
  path: "/research/new",
  validateSearch: draftSearch,
  component: page(() => import("@/features/research/form/page"), "NewRunPage"),
});

const run = createRoute({
  getParentRoute: () => inside,
  path: "/research/$runId",
  component: page(() => import("@/features/research/run"), "RunPage"),
});

const ledger = createRoute({
  getParentRoute: () => inside,
  path: "/ledger",
  component: page(() => import("@/features/history/page"), "LedgerPage"),
});

const security = createRoute({
  getParentRoute: () => inside,
  path: "/settings/security",
  component: page(() => import("@/features/security/page"), "SecurityPage"),
});

const routeTree = root.addChildren([
  login,
  register,
  forgotPassword,
  resetPassword,
  verifyEmail,
  confirmEmail,
  undoEmail,
  inside.addChildren([
    overview,
    signals.addChildren([signal]),
    positions.addChildren([position]),
    portfolio,
    market,
    alerts,
    strategies,
    ownStrategies,
    newStrategy,
    ownStrategy,
    research,
    newRun,
    run,
    ledger,
    security,
  ]),
]);

export function makeRouter(services: Services) {
  return createRouter({
    routeTree,
    context: services,
    defaultPreload: "intent",
    defaultPreloadStaleTime: 0,
    defaultPendingComponent: PageSkeleton,
    defaultPendingMs: 150,
    defaultErrorComponent: CrashPage,
    scrollRestoration: true,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}

