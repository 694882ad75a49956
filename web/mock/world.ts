// SPDX-License-Identifier: Apache-2.0
// A simulated sensor: packet time runs, traffic flows, episodes of attacks come and go. The same seed gives the same world.
import type {
  Detection,
  DetectionDetail,
  DetectionQuery,
  Incident,
  IncidentDetail,
  IncidentQuery,
  NewSuppression,
  Status,
  Summary,
  Suppression,
  SuppressionPreview,
  ThroughputPoint,
} from "../src/api/types.ts";
import { DEFAULT_FILTERS, matches, type AlertFilters } from "../src/domain/filters.ts";
import { newestFirst } from "../src/domain/merge.ts";
import { EPISODES, type Episode } from "./episodes.ts";
import { FEATURES, featureValue } from "./features.ts";

export type WorldEvent =
  | { event: "detection"; data: Detection }
  | { event: "incident"; data: Incident }
  | { event: "throughput"; data: ThroughputPoint };

const BEGIN = Date.parse("2026-03-14T09:30:00Z");
export const TICK_S = 10;
const LENGTH_S = 900;
const MODEL = {
  version: "default@1",
  trained_on: "two simulated networks, 14,000 benign flows",
  threshold: -0.05,
  higher_is_worse: false,
};

export class World {
  readonly detections = new Map<string, Detection>();
  readonly points: ThroughputPoint[] = [];
  readonly suppressions: Suppression[] = [];
  problem: string | null = null;
  private readonly judged = new Map<string, Partial<Incident>>();
  private seconds = 0;
  private made = 0;
  private seed = 7;
  private readonly startedAt = Date.now();

  /** Runs one tick; returns what happened in it. Nothing happens after the end of the capture. */
  tick(): WorldEvent[] {
    if (this.seconds >= LENGTH_S) return [];
    this.seconds += TICK_S;
    const fresh = EPISODES.filter(({ from, to }) => this.seconds > from && this.seconds <= to).flatMap(
      (episode) => Array.from({ length: episode.flowsPerTick }, () => this.detect(episode)),
    );
    const point = this.measure(fresh.length);
    return [
      { event: "throughput", data: point },
      ...fresh.map((data): WorldEvent => ({ event: "detection", data })),
      ...this.incidents()
        .filter(({ id }) => fresh.some(({ incident_id }) => incident_id === id))
        .map((data): WorldEvent => ({ event: "incident", data })),
    ];
  }

  status(): Status {
    const sum = (of: (point: ThroughputPoint) => number) =>
      this.points.reduce((all, point) => all + of(point), 0);
    const seen = sum((point) => point.packets);
    const rejected = sum((point) => point.rejected_packets);
    const flows = sum((point) => point.flows_started);
    const open = this.points.at(-1)?.flows_open ?? 0;
    const arp = Math.floor(rejected * 0.7);
    return {
      version: "0.1.0",
      sensor: "simulated",
      source: "simulated.pcap",
      live: false,
      state: this.seconds >= LENGTH_S ? "finished" : "running",
      problem: this.problem,
      now: iso(Date.now()),
      uptime_s: (Date.now() - this.startedAt) / 1000,
      packet_time: this.seconds === 0 ? null : this.time(),
      progress: this.seconds / LENGTH_S,
      loss: {
        balanced: true,
        packets: {
          seen,
          in_flows: seen - rejected,
          rejected: { arp, truncated_ip: rejected - arp },
          kernel_drops: 0,
          interface_drops: 0,
        },
        flows: { started: flows, ended: flows - open, open },
        rows: { total: flows * 2, scored: flows - 3, repeated: flows, coalesced: 3, queued: 0, unscored: {} },
        detections: {
          total: this.detections.size,
          stored: this.detections.size,
          spooled: 0,
          queued: 0,
          lost: 0,
          spooled_by_earlier_runs: 0,
        },
      },
      capture: { cpu_s: 31.4, cpu_ns_per_packet: 112 },
      scoring: { lag_s: 0.012, rows_per_s_capacity: 388_000 },
      model: {
        version: MODEL.version,
        trained_on: MODEL.trained_on,
        threshold: MODEL.threshold,
        calibration: "calibrated with office-monday.pcap",
        adaptation: {
          base_threshold: MODEL.threshold,
          changed_at: null,
          changes: 0,
          frozen: false,
          calm_hours: 7.5,
          sentence: "threshold as it was set; 7.5 of 24 calm hours seen",
        },
      },
      store: {
        name: "SQLite weir.db",
        ok: true,
        bytes: 43_200_000,
        oldest: iso(this.startedAt - 3_600_000),
        dropped_by_age: 1200,
        dropped_by_size: 34,
        upkeep_problem: null,
      },
      checkpoint: {
        taken: 31,
        last_at: iso(this.startedAt),
        flows: 812,
        bytes: 325_000,
        seconds: 0.06,
        longest_pause_s: 0.000_42,
      },
      rss_bytes: 141_000_000,
      sinks: [
        {
          name: "siem",
          receiver: "syslog tcp://siem.example.net:601",
          ok: true,
          last_error: null,
          told: 12,
          sent: 12,
          waiting: 0,
          refused: 0,
          dropped: 0,
          lost: 0,
          waiting_of_earlier: 0,
          spool_bytes: 0,
        },
      ],
    };
  }

  summary(): Summary {
    const all = [...this.detections.values()];
    const types = new Map<string, number>();
    for (const { attack_type } of all) types.set(attack_type ?? "", (types.get(attack_type ?? "") ?? 0) + 1);
    return {
      total: all.length,
      by_status: { anomaly: all.length, unscored: 0, normal: 0 },
      suppressed: 0,
      by_attack_type: [...types]
        .map(([attack_type, count]) => ({ attack_type, count }))
        .sort((a, b) => b.count - a.count),
    };
  }

  find(query: DetectionQuery): { items: Detection[]; next_cursor: string | null } {
    const filters: AlertFilters = {
      ...DEFAULT_FILTERS,
      status: query.suppressed === true ? "suppressed" : (query.status ?? "all"),
      incident: query.incident ?? "",
      severity: query.min_severity ?? "none",
      type: query.attack_type ?? "",
      host: query.host ?? "",
      flow: query.flow_id ?? "",
      community: query.community_id ?? "",
      q: query.q ?? "",
      from: query.from ?? "",
      to: query.to ?? "",
    };
    const all = [...this.detections.values()]
      .filter((detection) => matches(filters, detection))
      .sort(newestFirst);
    const begin = query.cursor ? all.findIndex(({ flow_uid }) => flow_uid === query.cursor) + 1 : 0;
    const items = all.slice(begin, begin + (query.limit ?? 100));
    const more = begin + items.length < all.length;
    return { items, next_cursor: more ? (items.at(-1)?.flow_uid ?? null) : null };
  }

  incidents(query: IncidentQuery = {}): Incident[] {
    return EPISODES.flatMap((episode) => {
      const flows = [...this.detections.values()].filter(
        ({ incident_id }) => incident_id === incidentId(episode),
      );
      return flows.length === 0 ? [] : [this.incident(episode, flows)];
    })
      .filter(({ state }) => !query.state || state === query.state)
      .sort((a, b) => (a.last_at < b.last_at ? 1 : -1));
  }

  incidentDetail(id: string): IncidentDetail | null {
    const incident = this.incidents().find((one) => one.id === id);
    if (!incident) return null;
    const flows = [...this.detections.values()].filter(({ incident_id }) => incident_id === id);
    const steps = new Map<string, number>();
    for (const { alerted_at } of flows) steps.set(alerted_at ?? "", (steps.get(alerted_at ?? "") ?? 0) + 1);
    return {
      ...incident,
      story: `${incident.title}. ${flows.length} flows, ${incident.packets} packets.`,
      timeline: { step_s: TICK_S, steps: [...steps].sort().map(([at, count]) => ({ at, flows: count })) },
      worst_flows: flows.toSorted((a, b) => (b.margin ?? 0) - (a.margin ?? 0)).slice(0, 5),
      related: this.incidents().filter(
        (one) => one.id !== id && one.actors.some.some((actor) => incident.actors.some.includes(actor)),
      ),
    };
  }

  judge(id: string, { state, comment }: Pick<Incident, "state" | "comment">): Incident | null {
    this.judged.set(id, { state, comment: comment ?? null, state_at: iso(Date.now()), state_by: "ann" });
    return this.incidents().find((one) => one.id === id) ?? null;
  }

  suppress(rule: NewSuppression): Suppression {
    const { reason, owner, expires_at, ...conditions } = rule;
    const made: Suppression = {
      id: hex(this.suppressions.length),
      rule: conditions,
      in_words: Object.entries(conditions)
        .map(([name, value]) => `${name} ${String(value)}`)
        .join(", "),
      owner: owner ?? "ann",
      reason,
      created_at: iso(Date.now()),
      expires_at: expires_at ?? null,
      active: true,
    };
    this.suppressions.push(made);
    return made;
  }

  unsuppress(id: string): void {
    this.suppressions.splice(
      this.suppressions.findIndex((one) => one.id === id),
      1,
    );
  }

  preview(rule: { source?: string | null; attack_type?: string | null }): SuppressionPreview {
    const all = [...this.detections.values()];
    const hidden = all.filter(
      ({ src_ip, attack_type }) =>
        (!rule.source || src_ip === rule.source) && (!rule.attack_type || attack_type === rule.attack_type),
    );
    return {
      from: this.time(-7 * 86_400),
      to: this.time(),
      looked_at: all.length,
      would_hide: hidden.length,
      complete: true,
      examples: hidden.slice(0, 20),
    };
  }

  private incident(episode: Episode, flows: Detection[]): Incident {
    const sum = (of: (flow: Detection) => number) => flows.reduce((all, flow) => all + of(flow), 0);
    const ports = [...new Set(flows.map(({ dst_port }) => dst_port))].sort((a, b) => a - b);
    const targets = [...new Set(flows.map(({ dst_ip }) => dst_ip))];
    return {
      id: incidentId(episode),
      title: `${episode.type.replaceAll("_", " ")} by ${episode.actor}`,
      attack_type: episode.type,
      grouped_by: "actor",
      severity: episode.severity,
      technique: episode.technique,
      state: "open",
      state_by: null,
      state_at: null,
      comment: null,
      first_at: flows.map(({ started_at }) => started_at).sort()[0] ?? "",
      last_at:
        flows
          .map(({ last_seen_at }) => last_seen_at)
          .sort()
          .at(-1) ?? "",
      flows: flows.length,
      packets: sum(({ packets }) => packets),
      bytes: sum(({ bytes }) => bytes),
      actors: { count: 1, is_estimate: false, some: [episode.actor] },
      targets: { count: targets.length, is_estimate: false, some: targets },
      ports: { count: ports.length, list: ports.join(",") },
      protocols: [episode.protocol],
      updated_at: iso(Date.now()),
      ...this.judged.get(incidentId(episode)),
    };
  }

  detail(flowUid: string): DetectionDetail | null {
    const detection = this.detections.get(flowUid);
    const episode = EPISODES.find(({ actor }) => actor === detection?.src_ip);
    if (!detection || !episode) return null;
    const odd = new Map(episode.odd);
    const features = FEATURES.map((feature) => {
      const number = Number(/^early_(\d+)/.exec(feature.name)?.[1] ?? 0);
      const missing = feature.family === "early" && number > Math.min(episode.packets, 11);
      const usual = feature.family === "early" ? earlyValue(feature.name, number) : feature.median;
      return featureValue(feature, missing ? null : (odd.get(feature.name) ?? usual));
    });
    const reasons = episode.odd.flatMap(([name], i) => {
      const feature = features.find((one) => one.name === name);
      if (!feature) return [];
      const { unit, value, median, low, high } = feature;
      const sentence = `${name}: ${value ?? "undefined"}; normal here is up to ${high ?? "?"}.`;
      return [{ feature: name, unit, value, median, low, high, contribution: 0.09 / (i + 1), sentence }];
    });
    return { ...detection, features, reasons, model: { ...MODEL, loaded_at: iso(this.startedAt) } };
  }

  private detect(episode: Episode): Detection {
    const n = this.made++;
    const dst = episode.targets[n % episode.targets.length] ?? "";
    const [sport, dport] = [40_000 + ((n * 7) % 20_000), episode.port(n)];
    const six = dst.includes(":");
    const margin = 0.02 + this.random() * 0.11;
    const [src, at] = [episode.actor, this.time(-this.random() * TICK_S)];
    const end = (ip: string, port: number) => (six ? `[${ip}]:${port}` : `${ip}:${port}`);
    const detection: Detection = {
      flow_uid: hex(n),
      flow_id: `${end(src, sport)}-${end(dst, dport)}/${episode.protocol}`,
      community_id: `1:${Buffer.from(hex(n).slice(0, 20)).toString("base64")}`,
      sensor: "simulated",
      ip_version: six ? 6 : 4,
      src_ip: src,
      src_port: sport,
      dst_ip: dst,
      dst_port: dport,
      protocol: episode.protocol,
      protocol_number: episode.protocol === "tcp" ? 6 : 17,
      vlan: null,
      tunnel_id: null,
      started_at: this.time(-TICK_S * (1 + this.random())),
      last_seen_at: at,
      alerted_at: this.time(),
      scored_at: iso(Date.now()),
      packets: episode.packets + Math.floor(this.random() * 5),
      bytes: episode.bytes + Math.floor(this.random() * 300),
      end_reason: "end_of_flow",
      status: "anomaly",
      unscored_reason: null,
      score: MODEL.threshold - margin,
      margin,
      p_value: Math.max(0, 0.0006 - margin / 200),
      attack_type: episode.type,
      confidence: episode.confidence === null ? null : episode.confidence - this.random() * 0.06,
      severity: episode.severity,
      technique: episode.technique,
      model_version: MODEL.version,
      incident_id: incidentId(episode),
      suppressed_by: null,
    };
    this.detections.set(detection.flow_uid, detection);
    return detection;
  }

  private measure(attackFlows: number): ThroughputPoint {
    const wave = 1 + 0.35 * Math.sin(this.seconds / 70) + 0.2 * this.random();
    const point: ThroughputPoint = {
      at: this.time(),
      sensor: "simulated",
      seconds: TICK_S,
      packets: Math.floor(3_100 * wave + attackFlows * 320),
      bytes: Math.floor(2_050_000 * wave + attackFlows * 21_000),
      flows_started: Math.floor(46 * wave + attackFlows),
      flows_open: Math.floor(120 * wave + attackFlows),
      rejected_packets: Math.floor(9 * wave),
      dropped_packets: 0,
    };
    this.points.push(point);
    return point;
  }

  private time(offset = 0): string {
    return iso(BEGIN + (this.seconds + offset) * 1000);
  }

  /** Park and Miller's generator: enough to look alive. */
  private random(): number {
    this.seed = (this.seed * 48_271) % 0x7fffffff;
    return this.seed / 0x7fffffff;
  }
}

function earlyValue(name: string, number: number): number {
  const payloads = [0, 0, 0, 41, -41, -1_448, 1_120, 0, -840, 16, 0];
  const gaps = [0, 410, 90, 1_300, 22_000, 310, 4_800, 70, 39_000, 2_100, 180];
  return (name.endsWith("_payload_bytes") ? payloads : gaps)[number - 1] ?? 0;
}

function hex(n: number): string {
  return n.toString(16).padStart(8, "0").repeat(4);
}

function iso(time: number): string {
  return new Date(time).toISOString().replace("Z", "000Z");
}

function incidentId(episode: Episode): string {
  return String(EPISODES.indexOf(episode) + 1).padStart(16, "0");
}
