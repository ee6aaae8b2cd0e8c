"""The steps of steps.ts with grpcio. Takes what the server holds as JSON, and prints what each step saw as JSON."""

import json
import random
import sys
import threading
import time

import grpc
from google.rpc import error_details_pb2, status_pb2
from moego.business.customer.v1 import (
    customer_service_pb2,
    customer_service_pb2_grpc,
    lead_service_pb2,
    lead_service_pb2_grpc,
)
from moego.common.v1 import pagination_pb2

prepared = json.loads(sys.argv[1])
retry_policy = {
    "maxAttempts": 5,
    "initialBackoff": "0.1s",
    "maxBackoff": "2s",
    "backoffMultiplier": 2,
    "retryableStatusCodes": ["RESOURCE_EXHAUSTED", "UNAVAILABLE"],
}
service_config = json.dumps({"methodConfig": [{"name": [{}], "retryPolicy": retry_policy}]})


def open_channel(retries):
    options = [("grpc.service_config", service_config)] if retries else [("grpc.enable_retries", 0)]
    return grpc.insecure_channel(f"127.0.0.1:{prepared['grpcPort']}", options)


channel = open_channel(False)
customers = customer_service_pb2_grpc.CustomerServiceStub(channel)
leads = lead_service_pb2_grpc.LeadServiceStub(channel)
metadata = [("authorization", f"Bearer {prepared['key']}")]
retry_metadata = [("authorization", f"Bearer {prepared['retryKey']}")]
fields = {
    "company_id": prepared["companyId"],
    "preferred_business_id": prepared["businessId"],
    "first_name": "Cara",
    "last_name": "Lee",
    "phone": "+12125550147",
}
once = metadata + [("idempotency-key", f"python-{random.random()}")]
held = customer_service_pb2.UpdateCustomerRequest(
    id=prepared["heldCustomerId"], company_id=prepared["companyId"], first_name="Waiting"
)
customer_id = ""


def code_of(call):
    """The code of a call that was made with future()."""
    return call.code().name


def create_request(**changes):
    return customer_service_pb2.CreateCustomerRequest(**{**fields, **changes})


def get(stub, sent):
    return stub.GetCustomer.future(customer_service_pb2.GetCustomerRequest(id=customer_id), metadata=sent)


def create():
    global customer_id
    call = customers.CreateCustomer.future(create_request(), metadata=once)
    if call.code() == grpc.StatusCode.OK:
        customer_id = call.result().id
    return code_of(call)


def repeat():
    customer, call = customers.CreateCustomer.with_call(create_request(), metadata=once)
    replayed = dict(call.initial_metadata()).get("idempotency-replayed") == "true"
    same = customer.id == customer_id
    return f"{'the same' if same else 'another'} customer, {'replayed' if replayed else 'not replayed'}"


def leads_of(page_size):
    ids, page_token = [], ""
    while True:
        page = pagination_pb2.Pagination(page_size=page_size, page_token=page_token)
        request = lead_service_pb2.ListLeadsRequest(company_id=prepared["companyId"], pagination=page)
        answer = leads.ListLeads(request, metadata=metadata)
        ids += [lead.id for lead in answer.leads]
        page_token = answer.next_page_token
        if not page_token:
            return ids


def page_walk():
    whole, walked = leads_of(100), leads_of(1)
    return "every lead once" if len(whole) > 2 and whole == walked else f"{len(walked)} leads of {len(whole)}"


def error_details():
    call = customers.CreateCustomer.future(create_request(last_name="", phone="12"), metadata=metadata)
    code = code_of(call)
    encoded = dict(call.trailing_metadata())["grpc-status-details-bin"]
    info, invalid = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    for detail in status_pb2.Status.FromString(encoded).details:
        detail.Unpack(info)
        detail.Unpack(invalid)
    return f"{code}, {info.reason}, {len(invalid.field_violations)} violations"


def deadline():
    started = time.monotonic()
    code = code_of(customers.UpdateCustomer.future(held, metadata=metadata, timeout=0.4))
    took = time.monotonic() - started
    return f"{code} {'in time' if 0.2 < took < 4 else f'after {took} s'}"


def cancel():
    call = customers.UpdateCustomer.future(held, metadata=metadata)
    threading.Timer(0.2, call.cancel).start()
    return f"{code_of(call)}, then {code_of(get(customers, metadata))}"


def retry():
    called = [get(customers, retry_metadata) for _ in range(prepared["burst"])]
    codes = [code_of(call) for call in called]
    while "RESOURCE_EXHAUSTED" not in codes:
        codes = [code_of(get(customers, retry_metadata))]
    with open_channel(True) as retrying:
        stub = customer_service_pb2_grpc.CustomerServiceStub(retrying)
        last = [get(stub, retry_metadata) for _ in range(3)]
        return f"refused, then {[code_of(call) for call in last].count('OK')} of 3"


def too_large():
    call = customers.CreateCustomer.future(create_request(first_name="x" * 4_500_000), metadata=metadata)
    return f"{code_of(call)}, then {code_of(get(customers, metadata))}"


def tried(step):
    try:
        return step()
    except Exception as error:  # pylint: disable=broad-except
        return repr(error)


steps = {
    "create": create,
    "repeat": repeat,
    "page walk": page_walk,
    "error details": error_details,
    "deadline": deadline,
    "cancel": cancel,
    "retry": retry,
    "too large": too_large,
}
print(json.dumps({name: tried(step) for name, step in steps.items()}))
channel.close()
