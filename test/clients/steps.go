// The steps of steps.ts with grpc-go. Takes what the server holds as JSON, and prints what each step saw as JSON.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand"
	"os"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	customerv1 "moego-open-backend/moego/business/customer/v1"
	commonv1 "moego-open-backend/moego/common/v1"
)

type preparedServer struct {
	GrpcPort                                             int
	Key, RetryKey, CompanyId, BusinessId, HeldCustomerId string
	Burst                                                int
}

// Since 1.40 grpc-go retries by itself; 1.33 of Debian does with GRPC_GO_RETRY=on.
const serviceConfig = `{"methodConfig": [{"name": [{"service": "moego.business.customer.v1.CustomerService"}],
  "retryPolicy": {"maxAttempts": 5, "initialBackoff": "0.1s", "maxBackoff": "2s", "backoffMultiplier": 2,
  "retryableStatusCodes": ["RESOURCE_EXHAUSTED", "UNAVAILABLE"]}}]}`

var (
	prepared   preparedServer
	customers  customerv1.CustomerServiceClient
	leads      customerv1.LeadServiceClient
	customerId string
	names      = map[codes.Code]string{
		codes.OK: "OK", codes.Canceled: "CANCELLED", codes.InvalidArgument: "INVALID_ARGUMENT",
		codes.DeadlineExceeded: "DEADLINE_EXCEEDED", codes.ResourceExhausted: "RESOURCE_EXHAUSTED",
	}
)

func codeOf(err error) string {
	if name, ok := names[status.Code(err)]; ok {
		return name
	}
	return err.Error()
}

func open(config string) *grpc.ClientConn {
	target := fmt.Sprintf("127.0.0.1:%d", prepared.GrpcPort)
	options := []grpc.DialOption{grpc.WithInsecure()}
	if config != "" {
		options = append(options, grpc.WithDefaultServiceConfig(config))
	}
	connection, err := grpc.Dial(target, options...)
	if err != nil {
		panic(err)
	}
	return connection
}

func with(key string, more ...string) context.Context {
	pairs := append([]string{"authorization", "Bearer " + key}, more...)
	return metadata.AppendToOutgoingContext(context.Background(), pairs...)
}

func newCustomer() *customerv1.CreateCustomerRequest {
	return &customerv1.CreateCustomerRequest{
		CompanyId: prepared.CompanyId, PreferredBusinessId: prepared.BusinessId,
		FirstName: "Cara", LastName: "Lee", Phone: "+12125550147",
	}
}

func held() *customerv1.UpdateCustomerRequest {
	name := "Waiting"
	return &customerv1.UpdateCustomerRequest{
		Id: prepared.HeldCustomerId, CompanyId: prepared.CompanyId, FirstName: &name,
	}
}

func get(client customerv1.CustomerServiceClient, key string) error {
	_, err := client.GetCustomer(with(key), &customerv1.GetCustomerRequest{Id: customerId})
	return err
}

func leadsOf(pageSize int32) []string {
	var ids []string
	for next := ""; ; {
		token := next
		page := &commonv1.Pagination{PageSize: pageSize, PageToken: &token}
		answer, err := leads.ListLeads(with(prepared.Key), &customerv1.ListLeadsRequest{
			CompanyId: prepared.CompanyId, Pagination: page,
		})
		if err != nil {
			panic(err)
		}
		for _, lead := range answer.Leads {
			ids = append(ids, lead.Id)
		}
		if next = answer.NextPageToken; next == "" {
			return ids
		}
	}
}

// together calls at the same time, and counts the outcomes.
func together(count int, call func() error) map[codes.Code]int {
	outcomes := make(chan error)
	for i := 0; i < count; i++ {
		go func() { outcomes <- call() }()
	}
	counts := map[codes.Code]int{}
	for i := 0; i < count; i++ {
		counts[status.Code(<-outcomes)]++
	}
	return counts
}

func errorDetails() string {
	request := newCustomer()
	request.LastName, request.Phone = "", "12"
	_, err := customers.CreateCustomer(with(prepared.Key), request)
	reason, violations := "", 0
	for _, detail := range status.Convert(err).Details() {
		switch known := detail.(type) {
		case *errdetails.ErrorInfo:
			reason = known.Reason
		case *errdetails.BadRequest:
			violations = len(known.FieldViolations)
		}
	}
	return fmt.Sprintf("%s, %s, %d violations", codeOf(err), reason, violations)
}

func retry() string {
	counts := together(prepared.Burst, func() error { return get(customers, prepared.RetryKey) })
	for counts[codes.ResourceExhausted] == 0 {
		counts = together(1, func() error { return get(customers, prepared.RetryKey) })
	}
	connection := open(serviceConfig)
	defer connection.Close()
	client := customerv1.NewCustomerServiceClient(connection)
	served := together(3, func() error { return get(client, prepared.RetryKey) })[codes.OK]
	return fmt.Sprintf("refused, then %d of 3", served)
}

func main() {
	if err := json.Unmarshal([]byte(os.Args[1]), &prepared); err != nil {
		panic(err)
	}
	connection := open("")
	defer connection.Close()
	customers = customerv1.NewCustomerServiceClient(connection)
	leads = customerv1.NewLeadServiceClient(connection)
	rand.Seed(time.Now().UnixNano())
	once := fmt.Sprintf("go-%d", rand.Int63())
	steps := map[string]string{}

	created, err := customers.CreateCustomer(with(prepared.Key, "idempotency-key", once), newCustomer())
	steps["create"] = codeOf(err)
	customerId = created.GetId()

	var header metadata.MD
	again, err := customers.CreateCustomer(with(prepared.Key, "idempotency-key", once), newCustomer(), grpc.Header(&header))
	which, how := "another", "not replayed"
	if err == nil && again.Id == customerId {
		which = "the same"
	}
	if strings.Join(header.Get("idempotency-replayed"), "") == "true" {
		how = "replayed"
	}
	steps["repeat"] = fmt.Sprintf("%s customer, %s", which, how)

	whole, walked := leadsOf(100), leadsOf(1)
	steps["page walk"] = fmt.Sprintf("%d leads of %d", len(walked), len(whole))
	if len(whole) > 2 && strings.Join(whole, ",") == strings.Join(walked, ",") {
		steps["page walk"] = "every lead once"
	}

	steps["error details"] = errorDetails()

	started := time.Now()
	limited, stop := context.WithTimeout(with(prepared.Key), 400*time.Millisecond)
	_, err = customers.UpdateCustomer(limited, held())
	stop()
	steps["deadline"] = codeOf(err) + " in time"
	if took := time.Since(started); took < 200*time.Millisecond || took > 4*time.Second {
		steps["deadline"] = fmt.Sprintf("%s after %s", codeOf(err), took)
	}

	cancelled, cancel := context.WithCancel(with(prepared.Key))
	time.AfterFunc(200*time.Millisecond, cancel)
	_, err = customers.UpdateCustomer(cancelled, held())
	steps["cancel"] = fmt.Sprintf("%s, then %s", codeOf(err), codeOf(get(customers, prepared.Key)))

	steps["retry"] = retry()

	large := newCustomer()
	large.FirstName = strings.Repeat("x", 4_500_000)
	_, err = customers.CreateCustomer(with(prepared.Key), large)
	steps["too large"] = fmt.Sprintf("%s, then %s", codeOf(err), codeOf(get(customers, prepared.Key)))

	printed, _ := json.Marshal(steps)
	fmt.Println(string(printed))
}
