/** Sets the generated client up: CSRF token, language, problems. Import it once, before the first request. */
import { client } from "@/client/client.gen";
import { currentLanguage } from "@/i18n";
import { problemOf } from "./problem";
import { session } from "./session";
import { fetchProven } from "./step-up";

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

export function setUpClient(): void {
  client.setConfig({ baseUrl: location.origin, credentials: "same-origin", throwOnError: true, fetch: fetchProven });
  client.interceptors.request.use((request) => {
    request.headers.set("Accept-Language", currentLanguage());
    if (!SAFE.has(request.method) && session.csrfToken) request.headers.set("X-CSRF-Token", session.csrfToken);
    return request;
  });
  client.interceptors.error.use((error: unknown, response: Response | undefined) => {
    const problem = problemOf(error, response);
    if (problem.code === "not_authenticated") session.ended();
    return problem;
  });
}
