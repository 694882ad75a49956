// SPDX-License-Identifier: Apache-2.0
// Plain names of the MITRE ATT&CK techniques that show on a network. An id that is not here is shown as it is.

const NAMES: Record<string, string> = {
  T1018: "Remote System Discovery",
  T1021: "Remote Services",
  T1029: "Scheduled Transfer",
  T1040: "Network Sniffing",
  T1041: "Exfiltration Over C2 Channel",
  T1046: "Network Service Discovery",
  T1048: "Exfiltration Over Alternative Protocol",
  "T1048.003": "Exfiltration Over Alternative Protocol: Unencrypted Non-C2 Protocol",
  T1071: "Application Layer Protocol",
  "T1071.001": "Application Layer Protocol: Web Protocols",
  "T1071.004": "Application Layer Protocol: DNS",
  T1083: "File and Directory Discovery",
  T1090: "Proxy",
  T1095: "Non-Application Layer Protocol",
  T1105: "Ingress Tool Transfer",
  T1110: "Brute Force",
  "T1110.001": "Brute Force: Password Guessing",
  "T1110.003": "Brute Force: Password Spraying",
  "T1110.004": "Brute Force: Credential Stuffing",
  T1133: "External Remote Services",
  T1190: "Exploit Public-Facing Application",
  T1210: "Exploitation of Remote Services",
  T1498: "Network Denial of Service",
  "T1498.001": "Network Denial of Service: Direct Network Flood",
  "T1498.002": "Network Denial of Service: Reflection Amplification",
  T1499: "Endpoint Denial of Service",
  "T1499.001": "Endpoint Denial of Service: OS Exhaustion Flood",
  "T1499.002": "Endpoint Denial of Service: Service Exhaustion Flood",
  "T1499.003": "Endpoint Denial of Service: Application Exhaustion Flood",
  T1557: "Adversary-in-the-Middle",
  T1568: "Dynamic Resolution",
  T1571: "Non-Standard Port",
  T1572: "Protocol Tunneling",
  T1595: "Active Scanning",
  "T1595.001": "Active Scanning: Scanning IP Blocks",
  "T1595.002": "Active Scanning: Vulnerability Scanning",
  "T1595.003": "Active Scanning: Wordlist Scanning",
};

export function techniqueName(id: string): string | null {
  return NAMES[id] ?? null;
}
