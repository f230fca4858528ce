from django.urls import path

from . import hashed, naive, ttl, window

urlpatterns = [
    path("window/quote", window.quote),
    path("hashed/quote", hashed.Quote.as_view()),
    path("ttl/quote", ttl.quote),
    path("naive/quote", naive.quote),
]
