// A partner's system in one file, made from docs/integrators.md and docs/asyncapi.yaml alone.
//
// It receives orders and invoices, answers look-ups, and reports back as a warehouse and an ERP do.
// Node and the public `standardwebhooks` only; partner.py is the same in Python.

import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { Webhook } from "standardwebhooks";

const CONTENT_TYPE = "application/cloudevents+json";
// What a look-up, which has no body, is signed over.
const LOOK_UP_BODY = "{}";

const { THROUGHLINE, CONNECTION, VERIFY_WITH, SIGN_WITH, GATEWAY_CODE } = process.env;
const verifier = new Webhook(VERIFY_WITH);
const signer = new Webhook(SIGN_WITH);

// What the partner remembers; a real one keeps it in a database.
const received = new Map(); // the reference of each message that was stored, by its id
const sequences = new Map(); // the last sequence of each source
const state = { types: [], repeats: 0, looked_up: [], reports: [] };
let losesAnswers = Number(process.env.LOSES_ANSWERS ?? 0);
let number = 0;
let work = Promise.resolve();

// Stores an event once; returns the reference, the same for every repeat.
function store(messageId, event) {
  if (received.has(messageId)) {
    state.repeats += 1;
    return received.get(messageId);
  }
  const reference = `P-${String(received.size + 1).padStart(6, "0")}`;
  received.set(messageId, reference);
  state.types.push(event.type);
  const sequence = BigInt(event.sequence);
  if (sequence > (sequences.get(event.source) ?? 0n)) {
    sequences.set(event.source, sequence);
    work = work.then(() => report(event)).catch((error) => console.error(error));
  }
  return reference;
}

async function report(event) {
  if (event.type === "throughline.order.submitted") await reportOrder(event.data.order);
  if (event.type === "throughline.invoice.issued") await reportInvoice(event.data.invoice);
}

// Accepts and packs an order, then ships and delivers it: alone, in a list, in chunks.
async function reportOrder(order) {
  const lines = order.lines
    .filter((line) => ["product", "write_in"].includes(line.kind))
    .map((line) => ({ order_line: line.id, quantity: line.quantity }));
  const shipment = {
    order: order.number,
    shipment_ref: `S-${order.number}`,
    carrier: "DHL",
    tracking: `T-${order.number}`,
    lines,
  };
  await post(makeEvent("warehouse.order.status", { order: order.number, status: "accepted" }));
  await post([
    makeEvent("warehouse.order.status", { order: order.number, status: "packed" }),
    makeEvent("warehouse.shipment.reported", { ...shipment, status: "shipped" }),
  ]);
  const delivered = makeEvent("warehouse.shipment.reported", { ...shipment, status: "delivered" });
  await post(delivered, { inChunks: true });
}

// Posts an invoice under an official number, then reports its payment, twice.
async function reportInvoice(invoice) {
  const known = { invoice: invoice.number, official_number: `SI-${invoice.number}` };
  const { tax, total } = invoice.totals;
  const posted = { ...known, status: "posted", issued_on: invoice.issued_on, tax, total };
  await post(makeEvent("erp.invoice.posted", posted));
  const payment = { status: "paid", payment_ref: `B-${invoice.number}`, amount: total };
  const today = new Date().toISOString().slice(0, 10);
  const paid = makeEvent("erp.invoice.paid", { ...known, ...payment, paid_on: today });
  await post(paid);
  await post(paid);
}

// Makes an event with an id of its own and the next sequence of our source.
function makeEvent(type, data) {
  number += 1;
  return {
    specversion: "1.0",
    id: `msg_${randomUUID()}`,
    source: "/partner",
    type,
    time: new Date().toISOString(),
    sequence: String(number).padStart(20, "0"),
    data,
  };
}

// Signs and sends one event or a list, and remembers the answer.
async function post(message, { inChunks = false } = {}) {
  const body = JSON.stringify(message);
  const messageId = Array.isArray(message) ? `list_${randomUUID()}` : message.id;
  const now = new Date();
  const answer = await fetch(`${THROUGHLINE}/api/v1/intake/${CONNECTION}`, {
    method: "POST",
    headers: {
      "Content-Type": CONTENT_TYPE,
      "webhook-id": messageId,
      "webhook-timestamp": String(Math.floor(now.getTime() / 1000)),
      "webhook-signature": signer.sign(messageId, now, body),
    },
    ...(inChunks ? { body: new Blob([body]).stream(), duplex: "half" } : { body }),
  });
  const value = await answer.json();
  for (const each of value.results ?? [value]) {
    const { result, detail } = each;
    state.reports.push({ status: answer.status, result, detail });
  }
}

// Returns what a message says, or null if it is not signed, or the gateway's code is missing.
function verified(request, url, body) {
  if (url.searchParams.get("code") !== GATEWAY_CODE) return null;
  try {
    return verifier.verify(body, request.headers);
  } catch {
    return null;
  }
}

function answer(response, status, value) {
  const body = JSON.stringify(value);
  response.writeHead(status, {
    "Content-Type": "application/json",
    "Content-Length": Buffer.byteLength(body),
  });
  response.end(body);
}

async function serve(request, response) {
  const url = new URL(request.url, "http://partner.example");
  if (url.pathname === "/state") return answer(response, 200, state);
  const messageId = request.headers["webhook-id"];
  if (request.method === "GET") {
    const wanted = url.pathname.split("/").at(-1);
    if (verified(request, url, LOOK_UP_BODY) === null || wanted !== messageId) {
      return answer(response, 401, { detail: "The signature is wrong." });
    }
    state.looked_up.push(messageId);
    const reference = received.get(messageId) ?? null;
    return answer(response, reference ? 200 : 404, { reference });
  }
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  const event = verified(request, url, Buffer.concat(pieces).toString());
  if (event === null) return answer(response, 401, { detail: "The signature is wrong." });
  const reference = store(messageId, event);
  if (losesAnswers > 0) {
    losesAnswers -= 1;
    return request.socket.destroy();
  }
  return answer(response, 200, { reference });
}

const server = createServer((request, response) => {
  serve(request, response).catch((error) => {
    console.error(error);
    response.destroy();
  });
});
server.listen(0, "127.0.0.1", () => {
  console.log(`The partner listens on http://127.0.0.1:${server.address().port}/`);
});
