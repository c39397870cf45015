// mqtt-talk.mjs TOKEN DEVICE CONVERSATIONS: conversations of MQTT.js with a gateway, all at once. What came is
// written to standard output as JSON: a list, in the order of CONVERSATIONS, which is the JSON of a list of
// {url, version, own}; `own` is a level of topics. Who has started this judges.
import mqtt from "mqtt";

const [token, device, conversations] = process.argv.slice(2);

function connect({ url, version }, clientId, clean) {
	const client = mqtt.connect(url, {
		clientId,
		clean,
		protocolVersion: version,
		username: `FlespiToken ${token}`,
		reconnectPeriod: 0,
		connectTimeout: 20000,
		rejectUnauthorized: false,
		properties: version === 5 ? { sessionExpiryInterval: 600, receiveMaximum: 10 } : undefined,
	});
	const messages = [];
	let look = () => {};
	client.on("message", (topic, payload, packet) => {
		const p = packet.properties ?? {};
		messages.push({
			topic,
			payload: payload.length > 1000 ? payload.length : payload.toString(),
			qos: packet.qos,
			retain: packet.retain,
			ids: [p.subscriptionIdentifier ?? []].flat(),
			user: { ...p.userProperties },
			type: p.contentType,
			answer: p.responseTopic,
			data: p.correlationData?.toString(),
		});
		look();
	});
	const connack = new Promise((resolve, reject) => {
		client.on("connect", resolve);
		client.on("error", reject);
	});
	const come = (count) =>
		new Promise((resolve) => {
			look = () => {
				if (messages.length < count) return;
				look = () => {};
				resolve(messages.splice(0, count));
			};
			look();
		});
	return { client, connack, come };
}

async function converse(talk) {
	const { own } = talk, v5 = talk.version === 5;
	const told = {};

	const first = connect(talk, own, true);
	const connack = await first.connack;
	told.present = connack.sessionPresent;
	told.token = connack.properties?.userProperties?.token;
	const granted = await first.client.subscribeAsync(
		{ [`${own}/#`]: { qos: 1, rap: true }, [`flespi/state/gw/devices/${device}/name,id`]: { qos: 1 } },
		v5 ? { properties: { subscriptionIdentifier: 5 } } : {},
	);
	told.granted = granted.map((g) => g.qos);
	told.state = await first.come(2);
	await first.client.publishAsync(`${own}/kept`, "ü", {
		qos: 1,
		retain: true,
		properties: v5
			? {
					contentType: "text/plain",
					responseTopic: `${own}/answer`,
					correlationData: Buffer.from("7"),
					userProperties: { a: "1", b: ["2", "3"] },
				}
			: undefined,
	});
	await first.client.publishAsync(`${own}/quick`, "", { qos: 0 });
	await first.client.publishAsync(`${own}/large`, Buffer.alloc(200000, "x"), { qos: 1 });
	told.messages = await first.come(3);
	await first.client.unsubscribeAsync([`flespi/state/gw/devices/${device}/name,id`, "never/subscribed"]);
	await first.client.endAsync();

	const other = connect(talk, `${own}-other`, true);
	await other.connack;
	for (let i = 0; i < 25; i++) await other.client.publishAsync(`${own}/away`, String(i), { qos: 1 });

	// in 3.1.1 the first session was clean and is gone
	const again = connect(talk, own, false);
	told.again = (await again.connack).sessionPresent;
	if (told.again) told.away = (await again.come(25)).map((m) => m.payload);
	await again.client.endAsync();

	await other.client.publishAsync(`${own}/kept`, "", { qos: 1, retain: true });
	await other.client.endAsync();
	return told;
}

console.log(JSON.stringify(await Promise.all(JSON.parse(conversations).map(converse))));
