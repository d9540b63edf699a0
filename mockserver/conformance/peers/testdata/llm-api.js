// A client of LLM-API: asks once over gRPC and once over HTTP, and prints what it got as JSON.
// node llm-api.js MODULES GRPC_ADDRESS INFERENCE_URL
const [modules, address, url] = process.argv.slice(2);
const {createRequire} = require('module');
const get = createRequire(modules + '/');
const grpc = get('@grpc/grpc-js');
const loader = get('@grpc/proto-loader');
const protobuf = createRequire(get.resolve('@grpc/proto-loader'))('protobufjs');

const {root} = protobuf.parse(`
syntax = "proto3";
package org.pytorch.serve.grpc.inference;
message Nothing {}
message PredictionsRequest { string model_name = 1; string model_version = 2; map<string, bytes> input = 3; }
message PredictionResponse { bytes prediction = 1; }
message TorchServeHealthResponse { string health = 1; }
service InferenceAPIsService {
  rpc Ping(Nothing) returns (TorchServeHealthResponse);
  rpc Predictions(PredictionsRequest) returns (PredictionResponse);
  rpc StreamPredictions(PredictionsRequest) returns (stream PredictionResponse);
}`, {keepCase: true});
const {InferenceAPIsService} = grpc.loadPackageDefinition(loader.fromJSON(root.toJSON({keepCase: true}), {keepCase: true})).org.pytorch.serve.grpc.inference;

const client = new InferenceAPIsService(address, grpc.credentials.createInsecure());
const unary = (method, request) => new Promise(done => client[method](request, (err, answer) => done({code: err?.code, details: err?.details, answer})));
const stream = request => new Promise(done => {
  const pieces = [];
  client.StreamPredictions(request)
    .on('data', p => pieces.push(p.prediction.toString()))
    .on('error', err => done({pieces, code: err.code, details: err.details}))
    .on('end', () => done({pieces}));
});
const input = {text: Buffer.from('Hello'), max_new_tokens: Buffer.from('16')};

(async () => {
  const out = {
    ping: JSON.parse((await unary('Ping', {})).answer.health).status,
    streamed: await stream({model_name: 'm', input}),
    refused: await stream({model_name: 'm', input: {...input, wings: Buffer.from('2')}}),
    unary: await unary('Predictions', {model_name: 'm', input}),
  };
  client.close();
  const answer = await fetch(url + '/predictions/m', {method: 'POST', body: new URLSearchParams({text: 'Hello', max_new_tokens: 16})});
  out.chunks = [];
  for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) out.chunks.push(chunk);
  console.log(JSON.stringify(out));
})();
