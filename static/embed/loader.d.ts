// The types of the embed's version 1, for editors: the element and CallMeBack. Copy this file, or
// refer to it: /// <reference path="./call-me-back.d.ts" />

interface CallMeBackIdentity {
  /** Exactly as signed. */
  number?: string;
  /** Exactly as signed. */
  email?: string;
  /** Seconds since 1970, UTC; at most a day ahead. */
  expires: number | string;
  /** HMAC-SHA256 with the widget's secret, hexadecimal; made on your server, never in the page. */
  signature: string;
}

interface CallMeBackValues {
  number?: string;
  email?: string;
  identity?: CallMeBackIdentity;
}

type CallMeBackEventName =
  | "open"
  | "submitted"
  | "scheduled"
  | "called"
  | "failed"
  | "cancelled"
  | "closed";
type CallMeBackEvent = CustomEvent<{ widget: string; topic?: string }>;
/** A widget's public id, or one element; without one, all widgets (for `open`: the first). */
type CallMeBackTarget = string | HTMLElement;

interface CallMeBackFunction {
  (command: "open", target?: CallMeBackTarget): void;
  (command: "close", target?: CallMeBackTarget): void;
  (command: "prefill", values: CallMeBackValues, widget?: string): void;
  (command: "on", event: CallMeBackEventName, handler: (event: CallMeBackEvent) => void): void;
  (command: "destroy", target?: CallMeBackTarget): void;
  /** Commands given before the loader is there. */
  q?: IArguments[];
}

interface CallMeBackElement extends HTMLElement {}

interface CallMeBackAttributes {
  /** The widget's public id. */
  widget: string;
  /** The key of the topic that the page is about: the visitor is not asked. */
  topic?: string;
  /** Without a mode, the link inside opens a dialog. */
  mode?: "floating" | "inline";
  /** The form's language, unless the widget has one of its own. Without it: the page's. */
  lang?: string;
  theme?: "auto" | "light" | "dark";
  /** Where the floating button is; without it, at the end of the line: right in most languages. */
  position?: "left" | "right";
  /** How far above the window's edge the floating button is, in pixels. */
  offset?: number | string;
  /** No floating button outside the opening hours. Loads the frame with the page. */
  "when-closed"?: "hide";
  /** Parameters of the page's address that are kept beside utm_*, such as "gclid fbclid". */
  campaign?: string;
  /** The floating button's colours. */
  accent?: string;
  "accent-text"?: string;
  "prefill-number"?: string;
  "prefill-email"?: string;
  /** Opens at once, which loads the frame with the page. */
  open?: boolean | "";
}

interface Window {
  CallMeBack: CallMeBackFunction;
}
declare const CallMeBack: CallMeBackFunction;

interface HTMLElementTagNameMap {
  "call-me-back": CallMeBackElement;
}
interface GlobalEventHandlersEventMap {
  "callmeback:open": CallMeBackEvent;
  "callmeback:submitted": CallMeBackEvent;
  "callmeback:scheduled": CallMeBackEvent;
  "callmeback:called": CallMeBackEvent;
  "callmeback:failed": CallMeBackEvent;
  "callmeback:cancelled": CallMeBackEvent;
  "callmeback:closed": CallMeBackEvent;
}
