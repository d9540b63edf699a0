package llmapi

import (
	"context"
	"encoding/json"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/inference-iac/terraform-provider-inference/mockserver/internal/inferencepb"
)

// newGRPC serves the inference API over gRPC, as far as LLM-API has it.
func newGRPC(s *Server) *grpc.Server {
	g := grpc.NewServer(grpc.MaxRecvMsgSize(int(s.settings.MaxRequest)), grpc.MaxSendMsgSize(int(s.settings.MaxResponse)))
	inferencepb.RegisterInferenceAPIsServiceServer(g, grpcInference{server: s})
	return g
}

type grpcInference struct {
	inferencepb.UnimplementedInferenceAPIsServiceServer
	server *Server
}

func (g grpcInference) Ping(context.Context, *emptypb.Empty) (*inferencepb.TorchServeHealthResponse, error) {
	_, word := g.server.health()
	body, err := json.MarshalIndent(statusAnswer{word}, "", "  ")
	return &inferencepb.TorchServeHealthResponse{Health: string(body)}, err
}

func (g grpcInference) Predictions(context.Context, *inferencepb.PredictionsRequest) (*inferencepb.PredictionResponse, error) {
	return nil, status.Error(codes.Unimplemented, "LLM-API answers over gRPC in streams alone: call StreamPredictions")
}

func (g grpcInference) StreamPredictions(r *inferencepb.PredictionsRequest, out grpc.ServerStreamingServer[inferencepb.PredictionResponse]) error {
	if r.GetModelName() == "" {
		return status.Error(codes.Internal, "Parameter model_name is required.\nBadRequestException.()")
	}
	in := input{}
	for name, v := range r.GetInput() {
		in[name] = []value{{text: string(v)}}
	}
	p := prediction{model: r.GetModelName(), version: r.GetModelVersion(), input: in, alone: true}
	err := g.server.predict(out.Context(), p, func(text string) error {
		return out.Send(&inferencepb.PredictionResponse{Prediction: []byte(text)})
	})
	if gone := out.Context().Err(); gone != nil {
		return status.FromContextError(gone).Err()
	}
	if _, known := status.FromError(err); known { // nil, or what Send answered
		return err
	}
	return asFault(err).grpc()
}

func (g grpcInference) StreamPredictions2(grpc.BidiStreamingServer[inferencepb.PredictionsRequest, inferencepb.PredictionResponse]) error {
	return status.Error(codes.Unimplemented, "only stateful models have StreamPredictions2: call StreamPredictions")
}
