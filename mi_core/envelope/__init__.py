"""The request head (specification, 公共报文头): encoding in specification order, lengths checked."""

from mi_core.envelope.head import HEAD_FIELDS, HeadForm, RequestHead, check_head, encode_message

__all__ = ["HEAD_FIELDS", "HeadForm", "RequestHead", "check_head", "encode_message"]
