// SPDX-License-Identifier: Apache-2.0
// Server-sent events from a byte stream. EventSource tells neither the status nor the reason of a refusal, so the stream is read
// with fetch() and taken apart here, by the rules of the HTML standard (section 9.2.6).

export interface ServerEvent {
  event: string;
  data: string;
  id: string | null;
}

/** Feed it text in any pieces; it gives each event once, when its blank line has come. */
export class SseParser {
  private rest = "";
  private atStart = true;
  private event = "";
  private data: string[] = [];
  private id: string | null = null;

  push(text: string): ServerEvent[] {
    this.rest += text;
    if (this.atStart && this.rest.length > 0) {
      this.atStart = false;
      if (this.rest.startsWith("\ufeff")) this.rest = this.rest.slice(1);
    }
    const events: ServerEvent[] = [];
    for (let line = this.takeLine(); line !== null; line = this.takeLine()) {
      const event = this.read(line);
      if (event !== null) events.push(event);
    }
    return events;
  }

  private takeLine(): string | null {
    const end = this.rest.search(/[\r\n]/);
    if (end < 0) return null;
    // A CR at the very end may be the first half of a CRLF: wait for what follows.
    if (this.rest[end] === "\r" && end === this.rest.length - 1) return null;
    const line = this.rest.slice(0, end);
    this.rest = this.rest.slice(this.rest.startsWith("\r\n", end) ? end + 2 : end + 1);
    return line;
  }

  private read(line: string): ServerEvent | null {
    if (line === "") return this.dispatch();
    if (line.startsWith(":")) return null;
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (field === "event") this.event = value;
    else if (field === "data") this.data.push(value);
    else if (field === "id" && !value.includes("\0")) this.id = value;
    return null;
  }

  private dispatch(): ServerEvent | null {
    const { event, data, id } = this;
    this.event = "";
    this.data = [];
    // The id stays for the events that follow; an event without data is none.
    return data.length === 0 ? null : { event: event || "message", data: data.join("\n"), id };
  }
}
