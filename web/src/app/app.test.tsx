// SPDX-License-Identifier: Apache-2.0
// @vitest-environment jsdom
// Pages against a simulated weir, without a browser's layout. What needs one is in e2e/.
import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, test, vi } from "vitest";
import { World } from "../../mock/world";
import { Route, Routes, useLocation } from "react-router";
import AlertsPage from "../pages/alerts/AlertsPage";
import IncidentsPage from "../pages/incidents/IncidentsPage";
import IncidentPage from "../pages/incidents/IncidentPage";
import SuppressionsPage from "../pages/suppressions/SuppressionsPage";
import FlowPage from "../pages/flow/FlowPage";
import { OverviewPage } from "../pages/overview/OverviewPage";
import StatusPage from "../pages/status/StatusPage";
import { ConnectionBanner } from "../components/ConnectionBanner";
import { LoginPrompt } from "../components/LoginPrompt";
import { answerWith, eventStream, json, renderAt, type Answers } from "./test_render";

// jsdom has no canvas to draw on.
vi.mock("../components/chart/UplotChart", () => ({ default: () => null }));

afterEach(() => vi.unstubAllGlobals());

function serve(ticks: number, more: Answers = {}) {
  const world = new World();
  for (let tick = 0; tick < ticks; tick++) world.tick();
  const stream = eventStream();
  const asked = answerWith({
    "/api/v1/status": () => json(world.status()),
    "/api/v1/summary": () => json(world.summary()),
    "/api/v1/features": () => json({ items: [] }),
    "/api/v1/throughput": () => json({ points: world.points }),
    "/api/v1/detections": (url) =>
      json(world.find({ ...Object.fromEntries(url.searchParams), suppressed: false, limit: 100 })),
    "/api/v1/incidents": () => json({ items: world.incidents(), next_cursor: null }),
    "/api/v1/suppressions": () => json({ items: world.suppressions }),
    "/api/v1/stream": () => stream.response,
    ...more,
  });
  return { world, stream, asked };
}

function Address() {
  const { pathname, search } = useLocation();
  return <output aria-label="address">{pathname + search}</output>;
}

const address = () => screen.getByLabelText("address").textContent;

describe("the list of incidents", () => {
  test("reaches the older ones page by page, and shows each once", async () => {
    const all = new World();
    for (let tick = 0; tick < 200; tick++) all.tick();
    const [first, ...others] = all.incidents();
    if (!first || others.length === 0) throw new Error("the world must have several incidents");
    const { asked } = serve(1, {
      "/api/v1/incidents": (url) =>
        url.searchParams.get("cursor") === "more"
          ? json({ items: [first, ...others], next_cursor: null })
          : json({ items: [first], next_cursor: "more" }),
    });
    renderAt("/incidents", <IncidentsPage />);
    const list = await screen.findByRole("list", { name: "Incidents" });
    expect(within(list).getAllByRole("listitem")).toHaveLength(1);
    await userEvent.click(screen.getByRole("button", { name: "Show older ones" }));
    await waitFor(() => expect(within(list).getAllByRole("listitem")).toHaveLength(1 + others.length));
    expect(screen.queryByRole("button", { name: "Show older ones" })).toBeNull();
    expect(asked.some(({ search }) => search.includes("cursor=more"))).toBe(true);
  });
});

describe("the overview", () => {
  test("says in plain words that nothing was found", async () => {
    serve(2);
    renderAt("/", <OverviewPage />);
    expect(await screen.findByText("No attack seen")).toBeTruthy();
    expect(screen.getByText(/found nothing unusual/)).toBeTruthy();
  });

  test("shows an attack that begins while one looks on", async () => {
    const { world, stream } = serve(4);
    renderAt("/", <OverviewPage />);
    await screen.findByText("No attack seen");
    world.tick().forEach(({ event, data }, i) => stream.send(event, data, String(i + 1)));
    expect(await screen.findByText("12 flows")).toBeTruthy();
    expect(screen.getAllByText("Port scan").length).toBeGreaterThan(0);
  });

  test("says what to do when weir does not answer", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("refused")));
    renderAt("/", <OverviewPage />);
    expect(await screen.findByText("weir does not answer. Is it still running?")).toBeTruthy();
    expect(screen.getByRole("button", { name: "Try again" })).toBeTruthy();
  });
});

describe("the alerts page", () => {
  const page = (
    <>
      <AlertsPage />
      <Address />
    </>
  );

  test("asks for what its address says", async () => {
    const { asked } = serve(40);
    renderAt("/alerts?type=port_scan&severity=low", page);
    await screen.findAllByRole("row");
    const query = asked.find(({ pathname }) => pathname === "/api/v1/detections")?.searchParams;
    expect(Object.fromEntries(query ?? [])).toEqual({
      attack_type: "port_scan",
      min_severity: "low",
      status: "anomaly",
      suppressed: "false",
      limit: "100",
    });
  });

  test("puts a chosen condition into its address, and clears all at once", async () => {
    serve(40);
    renderAt("/alerts", page);
    await screen.findAllByRole("row");
    await userEvent.type(screen.getByLabelText("Host"), "198.18.66.9");
    await waitFor(() => expect(address()).toBe("/alerts?host=198.18.66.9"));
    await userEvent.selectOptions(screen.getByLabelText("Severity"), "high");
    expect(address()).toBe("/alerts?severity=high&host=198.18.66.9");
    await userEvent.click(screen.getByRole("button", { name: "Clear" }));
    expect(address()).toBe("/alerts");
    expect(screen.getByLabelText<HTMLInputElement>("Host").value).toBe("");
  });

  test("tells an empty answer to conditions from a quiet network", async () => {
    serve(40);
    renderAt("/alerts?host=203.0.113.1", page);
    expect(await screen.findByText("No flow meets these conditions")).toBeTruthy();
  });

  test("shows what the server has against a condition", async () => {
    serve(1, { "/api/v1/detections": () => json({ detail: "host: “x” is no address" }, 400) });
    renderAt("/alerts?host=x", page);
    expect(await screen.findByText("host: “x” is no address")).toBeTruthy();
  });
});

describe("the flow page", () => {
  const page = (
    <Routes>
      <Route path="/flows/:flowUid" element={<FlowPage />} />
    </Routes>
  );

  test("explains the verdict and marks what is out of range", async () => {
    const world = new World();
    for (let tick = 0; tick < 5; tick++) world.tick();
    const [uid = ""] = world.detections.keys();
    serve(5, { [`/api/v1/detections/${uid}`]: () => json(world.detail(uid)) });
    renderAt(`/flows/${uid}`, page);
    const table = await screen.findByRole("table");
    expect(screen.getByText(/in the training data looks at least this unusual/)).toBeTruthy();
    const row = within(table).getByText("rst_packets").closest("tr");
    expect(row?.textContent).toContain("above normal");
    expect(screen.getByText("Network Service Discovery")).toBeTruthy();
  });

  test("says why a flow may be missing", async () => {
    serve(1);
    renderAt("/flows/ffffffffffffffffffffffffffffffff", page);
    expect(await screen.findByText("This flow is not stored")).toBeTruthy();
  });
});

describe("the incident page", () => {
  const page = (
    <Routes>
      <Route path="/incidents/:id" element={<IncidentPage />} />
    </Routes>
  );
  const serveIncident = (more: Answers = {}) => {
    const world = new World();
    for (let tick = 0; tick < 8; tick++) world.tick();
    const [{ id } = { id: "" }] = world.incidents();
    serve(8, {
      [`/api/v1/incidents/${id}`]: () => json(world.incidentDetail(id)),
      [`/api/v1/incidents/${id}/state`]: (_, init) =>
        json(world.judge(id, JSON.parse(init.body as string) as { state: "confirmed"; comment: string })),
      ...more,
    });
    return { world, id };
  };

  test("tells the story, and leads to each of the worst flows and to all of them", async () => {
    const { world, id } = serveIncident();
    renderAt(`/incidents/${id}`, page);
    expect(await screen.findByText(world.incidentDetail(id)?.story ?? "")).toBeTruthy();
    const flows = within(screen.getByRole("list", { name: "Worst flows" })).getAllByRole("link");
    expect(flows.length).toBe(5);
    expect(flows[0]?.getAttribute("href")).toMatch(/^\/flows\/[0-9a-f]{32}$/);
    expect(screen.getByRole("link", { name: /^All \d+ flows$/ }).getAttribute("href")).toBe(
      `/alerts?incident=${id}`,
    );
  });

  test("keeps what somebody says of it, with the comment", async () => {
    const { id } = serveIncident();
    renderAt(`/incidents/${id}`, page);
    await userEvent.type(await screen.findByLabelText("Comment"), "the backup server");
    await userEvent.click(screen.getByRole("button", { name: "Dismiss" }));
    expect(await screen.findByText("the backup server")).toBeTruthy();
    expect(screen.getByText(/A false alarm/)).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Dismiss" })).toBeNull();
    expect(screen.getByRole("button", { name: "Reopen" })).toBeTruthy();
  });

  test("shows why a judgement was refused", async () => {
    const { id } = serveIncident();
    serveIncident({
      [`/api/v1/incidents/${id}/state`]: () => json({ detail: "This wants an analyst." }, 403),
    });
    renderAt(`/incidents/${id}`, page);
    await userEvent.click(await screen.findByRole("button", { name: "Confirm" }));
    expect(await screen.findByText("This wants an analyst.")).toBeTruthy();
  });

  test("says what may have become of one that is not there", async () => {
    serve(1);
    renderAt("/incidents/ffffffffffffffff", page);
    expect(await screen.findByText("There is no such incident")).toBeTruthy();
  });
});

describe("the suppressions page", () => {
  const serveRules = () => {
    const world = new World();
    for (let tick = 0; tick < 8; tick++) world.tick();
    const asked = serve(8, {
      "/api/v1/suppressions": (_, init) =>
        init.method === "POST"
          ? json(world.suppress(JSON.parse(init.body as string) as { reason: string }), 201)
          : json({ items: world.suppressions }),
      "/api/v1/suppressions/preview": (_, init) =>
        json(world.preview(JSON.parse(init.body as string) as { source: string })),
    });
    return { world, asked };
  };

  test("tells what a rule would have hidden before it is made, and then lists it", async () => {
    const { world } = serveRules();
    const [{ actors } = { actors: { some: [""] } }] = world.incidents();
    renderAt(`/suppressions?source=${actors.some[0] ?? ""}`, <SuppressionsPage />);
    expect(await screen.findByText(/It would have hidden/)).toBeTruthy();
    const make = screen.getByRole("button", { name: "Suppress" });
    expect(make.hasAttribute("disabled")).toBe(true);
    await userEvent.type(screen.getByLabelText(/Reason/), "our own scanner");
    await userEvent.click(make);
    const rules = await screen.findByRole("list", { name: "Rules" });
    expect(within(rules).getByText("our own scanner")).toBeTruthy();
    expect(within(rules).getByText(`source ${actors.some[0] ?? ""}`)).toBeTruthy();
  });
});

describe("the status page", () => {
  test("shows an account that does not add up as such", async () => {
    const world = new World();
    world.tick();
    const status = world.status();
    status.loss.packets.in_flows -= 5;
    serve(1, { "/api/v1/status": () => json(status) });
    renderAt("/status", <StatusPage />);
    expect(await screen.findByText("The account does not add up")).toBeTruthy();
    expect(screen.getByText(/5 missing/)).toBeTruthy();
    expect(screen.getByText("43.2 MB")).toBeTruthy();
    expect(screen.getByText("1,234")).toBeTruthy();
    expect(screen.getByText("0.42 ms")).toBeTruthy();
  });
});

describe("the connection", () => {
  test("is reported when it is lost, with the age of the data", async () => {
    const { stream } = serve(1);
    renderAt("/", <ConnectionBanner />);
    await waitFor(() => stream.send("status", new World().status()));
    await new Promise((resolve) => setTimeout(resolve, 50));
    stream.end();
    expect(
      (await screen.findByText(/Connection lost – retrying, data as of \d\d:\d\d:\d\d UTC/)).textContent,
    ).toBeTruthy();
  });

  test("asks to log in when weir wants to know who is there, says why not, and keeps no token", async () => {
    const stream = eventStream();
    let loggedIn = false;
    serve(1, {
      "/api/v1/stream": () => (loggedIn ? stream.response : json({ detail: "no" }, 401)),
      "/api/v1/session": (_, init) => {
        loggedIn = init.body === '{"token":"secret"}';
        return loggedIn
          ? json({ name: "ann", role: "analyst" })
          : json({ detail: "The bearer token is not known." }, 401);
      },
    });
    renderAt("/", <LoginPrompt />);
    await userEvent.type(await screen.findByLabelText("API token"), "wrong");
    await userEvent.click(screen.getByRole("button", { name: "Log in" }));
    await screen.findByText("The bearer token is not known.");
    await userEvent.type(screen.getByLabelText("API token"), "secret");
    await userEvent.click(screen.getByRole("button", { name: "Log in" }));
    await waitFor(() => expect(screen.queryByLabelText("API token")).toBeNull());
    expect(JSON.stringify([localStorage, sessionStorage])).not.toContain("secret");
  });

  test("says who one is and lets one out", async () => {
    let name: string | null = "ann";
    serve(1, {
      "/api/v1/session": (_, init) => {
        if (init.method === "DELETE") {
          name = null;
          return new Response(null, { status: 204 });
        }
        return json({ name, role: "analyst" });
      },
    });
    renderAt("/status", <StatusPage />);
    expect((await screen.findByText(/may read and judge/)).textContent).toContain("ann (analyst)");
    await userEvent.click(screen.getByRole("button", { name: "Log out" }));
    expect(await screen.findByText(/Nobody has to log in/)).toBeTruthy();
  });
});
