/** The options that a stream over a Duplex keeps itself, by number: packet modes, watermarks, and how long a closed stream goes on. */
import { inetOption, packetMode } from '../../native/contract/inet.js';
import { unlimitedCredit } from '../../native/contract/tcp.js';
import { type Framing, headerBytes } from '../socket/index.js';

const newline = 10;

export class DuplexSettings {
  framing: Framing = { packet: packetMode.raw, packetSize: 0, lineDelimiter: newline, buffer: 1460 };
  highWatermark = 8192;
  lowWatermark = 4096;
  flushTimeoutMs = 5000;
  /** 0 | 1, seconds. */
  linger: readonly [on: number, seconds: number] = [0, 0];

  /** False if it is no option of these. */
  set(option: number, [value = 0, second = 0]: readonly number[]): boolean {
    switch (option) {
      case inetOption.packet:
        this.framing = { ...this.framing, packet: value };
        return true;
      case inetOption.packetSize:
        this.framing = { ...this.framing, packetSize: value };
        return true;
      case inetOption.lineDelimiter:
        this.framing = { ...this.framing, lineDelimiter: value };
        return true;
      case inetOption.buffer:
        this.framing = { ...this.framing, buffer: Math.max(1, value) };
        return true;
      case inetOption.highWatermark:
        this.highWatermark = value;
        this.lowWatermark = Math.min(this.lowWatermark, value);
        return true;
      case inetOption.lowWatermark:
        this.lowWatermark = value;
        this.highWatermark = Math.max(this.highWatermark, value);
        return true;
      case inetOption.flushTimeout:
        this.flushTimeoutMs = value;
        return true;
      case inetOption.linger:
        this.linger = [value, second];
        return true;
      default:
        return false;
    }
  }

  /** How many bytes a send may have while so many are queued. */
  room(queuedBytes: number): number {
    if (queuedBytes === 0) return unlimitedCredit;
    return Math.max(0, this.highWatermark - queuedBytes - headerBytes(this.framing.packet) - 1);
  }

  get(option: number): number[] | undefined {
    switch (option) {
      case inetOption.packet:
        return [this.framing.packet];
      case inetOption.packetSize:
        return [this.framing.packetSize];
      case inetOption.lineDelimiter:
        return [this.framing.lineDelimiter];
      case inetOption.buffer:
        return [this.framing.buffer];
      case inetOption.highWatermark:
        return [this.highWatermark];
      case inetOption.lowWatermark:
        return [this.lowWatermark];
      case inetOption.flushTimeout:
        return [this.flushTimeoutMs];
      case inetOption.linger:
        return [...this.linger];
      default:
        return undefined;
    }
  }
}
