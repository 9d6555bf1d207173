// The tester's panel: counts, the bucket, faults that are on, and how the last events travelled.

import { $, language, make, texts } from "./dom.js";

export function drawPanel({ portal, bucket, deliveries }) {
  for (const name of ["requests", "violations", "events", "bot_messages", "duplicates"]) {
    $(`count-${name}`).textContent = portal.counts[name] ?? 0;
  }
  for (const name of ["violations", "duplicates"]) {
    $(`count-${name}`).parentElement.className = portal.counts[name] ? "alarm" : "";
  }
  const off = portal.limits === "off";
  $("limits").checked = !off;
  $("bucket").style.width = `${off ? 0 : (100 * bucket.level) / bucket.burst}%`;
  $("bucket").className = bucket.level > bucket.burst * 0.7 ? "high" : "";
  $("bucket-text").textContent = off ? "∞" : `${Math.round(bucket.level)} / ${bucket.burst}`;
  const active = new Set(portal.faults.map((fault) => fault.kind));
  for (const box of $("faults").querySelectorAll("input")) box.checked = active.has(box.value);
  $("faults-count").hidden = !active.size;
  $("faults-count").textContent = active.size;
  $("deliveries").replaceChildren(...(deliveries.length ? deliveries.map(delivery) : [noDeliveries()]));
}

function noDeliveries() {
  return make("li", { className: "none", textContent: texts.no_deliveries });
}

function delivery(line) {
  const good = line.status >= 200 && line.status < 300;
  const words = line.status ? `${line.status} · ${Math.round(line.ms)} ms` : line.error;
  const name = line.event.replace(/^ONIMBOT(V2)?|^ON/, "");
  const moment = make("time", { dateTime: line.at, textContent: new Date(line.at).toLocaleTimeString(language) });
  const chip = make("span", { className: `chip ${good ? "good" : ""}`, textContent: words, title: words });
  return make("li", { title: `${line.event} → ${line.url}` }, make("b", { textContent: name }), chip, moment);
}
