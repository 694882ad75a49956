// SPDX-License-Identifier: Apache-2.0
// What a detection is called. Labels come from the model bundle, so any label must read well, not only the known ones.
import type { Detection, DetectionStatus, EndReason } from "../api/types";

const SPELLED: Record<string, string> = {
  arp: "ARP",
  c2: "C2",
  ddos: "DDoS",
  dns: "DNS",
  dos: "DoS",
  ftp: "FTP",
  http: "HTTP",
  icmp: "ICMP",
  eapol: "EAPOL",
  ip: "IP",
  llc: "LLC",
  lldp: "LLDP",
  macsec: "MACsec",
  mpls: "MPLS",
  pppoe: "PPPoE",
  ptp: "PTP",
  ipv4: "IPv4",
  ipv6: "IPv6",
  sctp: "SCTP",
  vlan: "VLAN",
  smb: "SMB",
  sql: "SQL",
  ssh: "SSH",
  syn: "SYN",
  tcp: "TCP",
  tls: "TLS",
  udp: "UDP",
  xss: "XSS",
};

/** "dns_tunnel" -> "DNS tunnel" */
export function humanise(label: string): string {
  const words = label
    .split(/[_\s]+/)
    .filter((word) => word !== "")
    .map((word) => SPELLED[word.toLowerCase()] ?? word);
  const text = words.join(" ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const MEANINGS: readonly [RegExp, string][] = [
  [/slow/, "Many connections are kept open and nearly idle, so that a server runs out of them."],
  [/scan|sweep|recon/, "One host tries many ports or many hosts to find out what answers."],
  [/brute|guess|password/, "Log-ins are tried again and again, as by a program that guesses passwords."],
  [/flood|dos|amplif|reflect/, "So much traffic is sent to a host that it can no longer serve others."],
  [/tunnel/, "Data is carried inside a protocol that was not made for it, such as DNS."],
  [/exfil/, "Much data leaves the network in an unusual way."],
  [/beacon|c2|botnet/, "A host calls the same place again and again, as malware does that waits for orders."],
  [/web|sql|xss|inject|fuzz/, "A web server is probed for pages or inputs that give way."],
];

export function attackMeaning(label: string): string | null {
  const name = label.toLowerCase();
  return MEANINGS.find(([pattern]) => pattern.test(name))?.[1] ?? null;
}

export function attackName(attackType: string | null): string {
  return isNamed(attackType) ? humanise(attackType) : "Unknown attack type";
}

/** A name within a sentence: "port scan", but still "DNS tunnel". */
export function inSentence(name: string): string {
  return /^[A-Z][a-z]/.test(name) && !/^(DoS|DDoS|IPv)/.test(name)
    ? name.charAt(0).toLowerCase() + name.slice(1)
    : name;
}

/** The headline of one detection. */
export function detectionTitle(detection: Pick<Detection, "status" | "attack_type">): string {
  if (detection.status === "unscored") return "Not judged";
  if (detection.status === "normal") return "Normal flow";
  return isNamed(detection.attack_type) ? humanise(detection.attack_type) : "Unusual flow";
}

/** Whether the model gave it a name; "unknown" means that it was not sure enough. */
export function isNamed(attackType: string | null): attackType is string {
  return attackType !== null && attackType !== "" && attackType !== "unknown";
}

export const STATUS_NAME: Record<DetectionStatus, string> = {
  anomaly: "Anomalous",
  unscored: "Not judged",
  normal: "Normal",
};

export const STATUS_MEANING: Record<DetectionStatus, string> = {
  anomaly: "The model finds this flow unlike the normal traffic it was trained on.",
  unscored: "The model could not judge this flow. That does not mean that it is normal.",
  normal: "The model finds nothing unusual in this flow.",
};

const UNSCORED_REASONS: Record<string, string> = {
  model_failed: "The model failed on this flow.",
  output_not_finite: "The model gave no usable number for this flow.",
  overload: "There were more flows than the models could judge in time.",
};

export function unscoredSentence(reason: string | null): string {
  return UNSCORED_REASONS[reason ?? ""] ?? "The model gave no verdict on this flow.";
}

export const END_REASON: Record<EndReason, string> = {
  none: "still open when last seen",
  idle_timeout: "no packet for a while",
  active_timeout: "cut after the longest time a flow may last; it goes on in another record",
  end_of_flow: "closed by its ends",
  forced: "the capture ended",
  evicted: "ended early, because the flow table was full",
};

/** "10.0.0.5:443", "[2001:db8::1]:443", and no port where the protocol has none. */
export function endpoint(ip: string, port: number, protocol: string): string {
  if (protocol !== "tcp" && protocol !== "udp" && protocol !== "sctp") return ip;
  return ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`;
}
