import { create, type DescMessage, type MessageInitShape } from "@bufbuild/protobuf";
import type { Context, HandlerRegistry, StreamRegistry } from "../../api/rpc.js";
import type { FindSurvivors } from "../../core/merged-record.js";
import { companyHeader } from "./authorize.js";
import type { Call, ExecuteCall, ExecuteStream } from "./call.js";
import { type CompanyLanesOptions, createCompanyLanes, freeTurn, type Turn } from "./company-lanes.js";
import { isReadOnly } from "./contract.js";
import { type DrainDeadline, type Limits, withinDeadline } from "./deadline.js";
import { createGate, type Gate, type GateOptions, notImplemented } from "./gate.js";
import {
  createClaims,
  createItemClaims,
  type FingerprintKeys,
  idempotencyKeyHeader,
  idempotencyReplayedHeader,
} from "./idempotency-key.js";
import { followMerges } from "./merged-records.js";
import { type CallRecord, observe } from "./observe.js";
import { repeatedRefusal } from "./read-back.js";
import { resourceIdsOf } from "./resource-ids.js";
import { encodedBytes, maxResponseBytes, omittedHeader, omittedPaths, shorten } from "./response-size.js";
import { toStatusError } from "./status.js";
import { createStreamPipeline, type StreamLimits } from "./stream-pipeline.js";

const defaultMaxDurationMs = 30_000;

export interface PipelineOptions extends GateOptions {
  /** An rpc without a handler returns METHOD_NOT_IMPLEMENTED. */
  readonly handlers: HandlerRegistry;
  /** The same for rpcs with a stream of responses. */
  readonly streams?: StreamRegistry;
  readonly fingerprintKeys: FingerprintKeys;
  /** What the ids of merged customers lead to; default: nothing. */
  readonly findSurvivors?: FindSurvivors;
  /** Default: no limit to the requests of one company that run at the same time. */
  readonly companyLanes?: CompanyLanesOptions;
  /** When requests in flight are aborted; default: never. */
  readonly drainDeadline?: DrainDeadline;
  /** Maximum duration of any request with one response; default: 30 seconds. */
  readonly maxDurationMs?: number;
  readonly streamLimits?: StreamLimits;
}

export interface Pipeline {
  readonly run: ExecuteCall;
  readonly stream: ExecuteStream;
}

/**
 * The only path from a transport to the handlers: observe > cross-site > authenticate > authorize > decode > company,
 * locations > idempotency > handler > error table.
 *
 * The rate of the API key is charged after its address check, so that a stolen key used from another network cannot
 * exhaust it, and before any other work. The rate of the company is charged as soon as the company is known. That is
 * before decoding for a key of one company or with the company header, else after decoding. A request without a
 * company, from a key of several companies, is charged to its key alone.
 *
 * @throws Error at startup for an rpc without a scope, or with an access option where it is not checked
 */
export function createPipeline(options: PipelineOptions): Pipeline {
  const gate = createGate(options);
  const { streams = new Map(), drainDeadline, streamLimits } = options;
  return {
    run: createUnaryPipeline(gate, options),
    stream: createStreamPipeline(gate, {
      streams,
      ...(drainDeadline ? { drainDeadline } : {}),
      ...(streamLimits ? { limits: streamLimits } : {}),
    }),
  };
}

function createUnaryPipeline(gate: Gate, options: PipelineOptions): ExecuteCall {
  const { handlers, drainDeadline, maxDurationMs = defaultMaxDurationMs } = options;
  const { observer } = gate;
  const findSurvivors = options.findSurvivors ?? (async () => new Map());
  const claimOf = createClaims(options.fingerprintKeys);
  const itemClaimsOf = createItemClaims(options.fingerprintKeys);
  const lanes = createCompanyLanes(options.companyLanes ?? { max: Number.POSITIVE_INFINITY, waitMs: 0 });
  const isHandled = (rpc: string) => handlers.has(rpc);

  async function answer<Answer>(call: Call<Answer>, record: CallRecord, time: CallTime): Promise<Answer> {
    // A call that waits for third-party systems would make other calls of its company wait for them.
    const turn = gate.rulesOf(call.method)?.actsElsewhere ? freeTurn : lanes.turn(time.signal);
    let bytes = 0;
    try {
      const answer = await answerInTurn(call, record, { ...time, turn });
      bytes = encodedBytes(answer);
      return answer;
    } finally {
      turn.end(bytes);
    }
  }

  async function answerInTurn<Answer>(
    call: Call<Answer>,
    record: CallRecord,
    { signal, deadlineMs, turn }: CallTime & { readonly turn: Turn },
  ): Promise<Answer> {
    const { method, responseBody } = call;
    const entered = await gate.enter(call, record, { isHandled, enter: turn.enter });
    const { rpc, request, decoded, company } = entered;
    const handler = handlers.get(rpc);
    if (!handler) throw notImplemented(rpc);
    const { emptyMembers, repeated, readBack } = decoded;
    const headers = { key: call.header(idempotencyKeyHeader), company: call.header(companyHeader) };
    const claim = claimOf(method, request, headers, emptyMembers);
    const context = gate.contextOf(call, record, {
      ...{ ...entered, signal, deadlineMs, claim },
      ...(responseBody === undefined ? {} : { responseBody }),
      items: {
        claim: itemClaimsOf(method, headers, emptyMembers),
        status: (error) => toStatusError(error, record.requestId).toStatus(),
      },
    });
    const refusal = repeated && (await repeatedRefusal(repeated, { handlers, readBack, request, context, company }));
    // The retry of a request that took effect is answered, whatever has changed since.
    if (refusal && !claim) throw refusal;
    const result = await followMerges(handler, findSurvivors, {
      ...{ request, context: refusal ? { ...context, write: { ...context.write, refusal } } : context },
    });
    if (claim?.replayed) call.setHeader(idempotencyReplayedHeader, "true");
    record.resourceIds = resourceIdsOf(method, request, result);
    const answer = call.encode(result);
    return fitting(call, result, answer instanceof Promise ? await answer : answer);
  }

  function limitsOf(call: Call<unknown>): Limits {
    const { method } = call;
    const actsElsewhere = gate.rulesOf(method)?.actsElsewhere === true;
    const isClaimed = call.header(idempotencyKeyHeader) !== undefined && !actsElsewhere;
    return {
      maxDurationMs,
      actsElsewhere,
      isRepeatable: isReadOnly(method) || isClaimed,
      ...(drainDeadline ? { drainDeadline } : {}),
    };
  }

  return (call) =>
    observe(call, observer, (record) =>
      withinDeadline(call, limitsOf(call), (signal, deadlineMs) => answer(call, record, { signal, deadlineMs })),
    );
}

type CallTime = Pick<Context, "signal" | "deadlineMs">;

/** The response; one that is too large for a client without some of its parts, which a header names. */
function fitting<Answer>(
  call: Call<Answer>,
  result: MessageInitShape<DescMessage>,
  whole: Answer,
): Answer | Promise<Answer> {
  if (encodedBytes(whole) <= maxResponseBytes) return whole;
  const message = create(call.method.output, result);
  call.setHeader(omittedHeader, omittedPaths(shorten(message)));
  return call.encode(message);
}
